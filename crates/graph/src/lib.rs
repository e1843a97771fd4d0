//! The call flow of a script as a picture that people who do not write scripts understand.
//!
//! [`flow_chart`] turns a typed program into a [`Chart`]: boxes for what happens, arrows for how it goes on, one cluster per flow. A
//! chart is drawn by [`svg()`], written in the words of other tools by [`mermaid`] and [`dot`], and put into a page that can be
//! searched by [`html`]. Nothing here decides a call; which boxes a certain call passes is told with [`Chart::follow`].

mod build;
mod chart;
mod draw;
mod layout;
mod measure;
mod page;
mod text;
mod words;

pub use build::flow_chart;
pub use chart::{Arrow, ArrowKind, Chart, Cluster, Kind, Mark, Node};
pub use draw::{Theme, svg};
pub use layout::{MAX_NODES, TooLarge};
pub use page::{MAX_WAYS, Ways, html};
pub use text::{dot, mermaid};
