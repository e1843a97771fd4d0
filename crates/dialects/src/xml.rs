//! XML as a tree that is built and then written by a library: whatever stands in a text, it stays a text.

use std::borrow::Cow;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// An element.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    nodes: Vec<Node>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    pub const fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), nodes: Vec::new() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    pub fn with_some(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.nodes.push(Node::Text(text.into()));
        self
    }

    pub fn holding(mut self, element: Self) -> Self {
        self.push(element);
        self
    }

    pub fn push(&mut self, element: Self) {
        self.nodes.push(Node::Element(element));
    }

    pub fn extend(&mut self, elements: impl IntoIterator<Item = Self>) {
        self.nodes.extend(elements.into_iter().map(Node::Element));
    }

    /// The whole document.
    pub fn document(&self) -> String {
        let mut writer = Writer::new(Vec::new());
        let written = writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None))).and_then(|()| self.write(&mut writer));
        // Into a vector everything can be written.
        match written {
            Ok(()) => String::from_utf8(writer.into_inner()).unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let mut start = writer.create_element(self.name);
        for (name, value) in &self.attributes {
            start = start.with_attribute((*name, allowed(value).as_ref()));
        }
        if self.nodes.is_empty() {
            return start.write_empty().map(drop);
        }
        start
            .write_inner_content(|writer| {
                for node in &self.nodes {
                    match node {
                        Node::Element(element) => element.write(writer)?,
                        Node::Text(text) => writer.write_event(Event::Text(BytesText::new(&allowed(text))))?,
                    }
                }
                Ok(())
            })
            .map(drop)
    }
}

/// Without the characters that XML 1.0 cannot have (section 2.2), in whatever form.
fn allowed(text: &str) -> Cow<'_, str> {
    let bad = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(bad) { Cow::Owned(text.replace(bad, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::Element;
    use proptest::prelude::*;

    #[test]
    fn a_tree_is_written() {
        let tree = Element::new("a").with("b", "\"<&>'").holding(Element::new("c").text("1 < 2 & \"3\"")).holding(Element::new("d"));
        assert_eq!(
            tree.document(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a b=\"&quot;&lt;&amp;&gt;&apos;\"><c>1 &lt; 2 &amp; &quot;3&quot;</c><d/></a>"
        );
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_text_stays_a_text(text in any::<String>(), value in any::<String>()) {
            let document = Element::new("a").with("b", value.as_str()).holding(Element::new("c").text(text.as_str())).document();
            let read = roxmltree::Document::parse(&document).unwrap();
            let c = read.root_element().first_element_child().unwrap();
            prop_assert_eq!(read.root_element().attributes().len(), 1);
            prop_assert_eq!(c.children().filter(roxmltree::Node::is_element).count(), 0);
            if !text.contains(|c: char| c.is_control() || c >= '\u{fffe}') {
                prop_assert_eq!(c.text().unwrap_or_default(), text);
            }
        }
    }
}
