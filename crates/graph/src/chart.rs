//! What is drawn: boxes, arrows, clusters. It knows nothing of coordinates.

use callroute_diagnostics::Place;

/// A script's call flow.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Chart {
    /// The name of the script, for a title.
    pub title: String,
    /// `main` first, then the other flows in their order.
    pub clusters: Vec<Cluster>,
    /// What the script answers when it cannot: its `fallback`, in words.
    pub fallback: Option<String>,
}

/// A flow.
#[derive(Clone, PartialEq, Debug)]
pub struct Cluster {
    /// Its name; `main` for the script's own steps.
    pub name: String,
    /// Names of its parameters.
    pub params: Vec<String>,
    /// Where it is defined.
    pub place: Place,
    /// Boxes; the first is the way in.
    pub nodes: Vec<Node>,
    /// Arrows between them.
    pub arrows: Vec<Arrow>,
}

/// A box.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Few words.
    pub title: String,
    /// More about it, a line each.
    pub lines: Vec<String>,
    /// The steps that it stands for; none for the way in and for ends that nobody wrote.
    pub places: Vec<Place>,
    /// What is to be seen of it besides.
    pub mark: Mark,
    /// On the way of the call that is shown.
    pub on_path: bool,
    /// The cluster that it jumps to, as an index into [`Chart::clusters`].
    pub jump: Option<usize>,
}

/// What a box is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Where calls come in.
    Entry,
    /// A question with two answers.
    Question,
    /// A question with many answers, also a split.
    Choice,
    /// A menu, or digits that are collected.
    Menu,
    /// Somebody rings.
    Ring,
    /// A question to a source or table.
    Lookup,
    /// Prompts, tags, values that are set.
    Note,
    /// The host does something.
    Action,
    /// A mailbox.
    Voicemail,
    /// The call ends as the author wrote.
    End,
    /// The call ends because nothing is left to do.
    Nothing,
    /// The flow ends, and whoever ran it goes on.
    Back,
    /// The menu around it once more.
    Again,
    /// Another flow, without coming back or with.
    Jump,
}

impl Kind {
    /// For style sheets and for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Question => "question",
            Self::Choice => "choice",
            Self::Menu => "menu",
            Self::Ring => "ring",
            Self::Lookup => "lookup",
            Self::Note => "note",
            Self::Action => "action",
            Self::Voicemail => "voicemail",
            Self::End => "end",
            Self::Nothing => "nothing",
            Self::Back => "back",
            Self::Again => "again",
            Self::Jump => "jump",
        }
    }
}

/// What is odd about a box.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mark {
    /// Nothing.
    #[default]
    None,
    /// No call ever gets here.
    Unreachable,
    /// Calls end here although nothing was decided.
    DeadEnd,
}

/// How the call goes on.
#[derive(Clone, PartialEq, Debug)]
pub struct Arrow {
    /// Index into [`Cluster::nodes`].
    pub from: usize,
    /// Index into [`Cluster::nodes`].
    pub to: usize,
    /// When; empty: always.
    pub label: String,
    /// What it is.
    pub kind: ArrowKind,
    /// On the way of the call that is shown.
    pub on_path: bool,
}

/// What an arrow is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ArrowKind {
    /// The call goes on.
    Way,
    /// A condition holds.
    Yes,
    /// A condition does not hold, or nothing else fits.
    No,
    /// What was tried did not succeed.
    Failure,
}

impl ArrowKind {
    /// For style sheets and for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Way => "way",
            Self::Yes => "yes",
            Self::No => "no",
            Self::Failure => "failure",
        }
    }
}

impl Chart {
    /// The boxes of all clusters.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.clusters.iter().map(|cluster| cluster.nodes.len()).sum()
    }

    /// Leaves out clusters; jumps to them lead nowhere then.
    pub fn retain(&mut self, mut keep: impl FnMut(&Cluster) -> bool) {
        let mut count = 0;
        let numbers: Vec<Option<usize>> = self
            .clusters
            .iter()
            .map(|cluster| {
                keep(cluster).then(|| {
                    count += 1;
                    count - 1
                })
            })
            .collect();
        let mut numbered = numbers.iter();
        self.clusters.retain(|_| numbered.next().is_some_and(Option::is_some));
        for node in self.clusters.iter_mut().flat_map(|cluster| &mut cluster.nodes) {
            node.jump = node.jump.and_then(|to| numbers.get(to).copied().flatten());
        }
    }

    /// Shows no way any more.
    pub fn forget(&mut self) {
        for cluster in &mut self.clusters {
            cluster.nodes.iter_mut().for_each(|node| node.on_path = false);
            cluster.arrows.iter_mut().for_each(|arrow| arrow.on_path = false);
        }
    }

    /// Shows the way of a call: marks the boxes that hold these places, in the order in which the call met them, and the arrows
    /// between one and the next. True when any box was found.
    pub fn follow(&mut self, places: &[Place]) -> bool {
        // Where the call was last in each flow: whoever comes back from another goes on from there.
        let mut last: Vec<usize> = vec![0; self.clusters.len()];
        let mut any = false;
        for place in places {
            let Some((c, n)) = self.find(*place) else { continue };
            let (Some(cluster), Some(last)) = (self.clusters.get_mut(c), last.get_mut(c)) else { continue };
            any = true;
            if *last != n || n == 0 {
                cluster.enter(*last, n);
                *last = n;
            }
        }
        any
    }

    /// The box that holds a place: the one whose step begins last before it.
    fn find(&self, place: Place) -> Option<(usize, usize)> {
        let mut best: Option<(u32, (usize, usize))> = None;
        for (c, cluster) in self.clusters.iter().enumerate() {
            for (n, node) in cluster.nodes.iter().enumerate() {
                for own in &node.places {
                    let holds = own.file == place.file
                        && own.span.start <= place.span.start
                        && place.span.start < own.span.end.max(own.span.start + 1);
                    if holds && best.is_none_or(|(start, _)| start <= own.span.start) {
                        best = Some((own.span.start, (c, n)));
                    }
                }
            }
        }
        best.map(|(_, found)| found)
    }
}

impl Cluster {
    /// A call comes from what is done at a try to what follows when none is left, or to the question again: by the box between, of which no step
    /// tells. Without an arrow to the question the way goes on there all the same.
    fn ask_again(&mut self, from: usize, to: usize) -> bool {
        let is_between = |node: &Node| node.kind == Kind::Again && node.places.is_empty();
        let leads = |arrow: &&Arrow| arrow.from == from && self.nodes.get(arrow.to).is_some_and(is_between);
        let Some(between) = self.arrows.iter().find(leads).map(|arrow| arrow.to) else { return false };
        for arrow in &mut self.arrows {
            arrow.on_path |= (arrow.from, arrow.to) == (from, between) || (arrow.from, arrow.to) == (between, to);
        }
        for at in [from, between, to] {
            if let Some(node) = self.nodes.get_mut(at) {
                node.on_path = true;
            }
        }
        true
    }

    /// A call comes to a box, from another or by the way in.
    fn enter(&mut self, from: usize, to: usize) {
        let straight = self.arrows.iter().position(|arrow| arrow.from == from && arrow.to == to);
        if straight.is_none() && self.ask_again(from, to) {
            return;
        }
        let way = straight.or_else(|| self.arrows.iter().position(|arrow| arrow.from == 0 && arrow.to == to));
        if let Some(arrow) = way.and_then(|index| self.arrows.get_mut(index)) {
            arrow.on_path = true;
            if let Some(start) = self.nodes.get_mut(arrow.from) {
                start.on_path = true;
            }
        }
        if let Some(node) = self.nodes.get_mut(to) {
            node.on_path = true;
        }
    }
}
