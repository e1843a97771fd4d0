//! Which flow goes to which: the protocol's call hierarchy.

use callroute_diagnostics::Place;
use callroute_ide::{self as ide, FlowItem};
use tower_lsp::lsp_types::{self as lsp, Url};

use crate::convert;
use crate::state::{State, View};

impl State {
    pub fn prepare_hierarchy(&mut self, uri: &Url, position: lsp::Position) -> Option<Vec<lsp::CallHierarchyItem>> {
        let view = self.view(uri)?;
        let at = self.at(&view, position);
        let flow = ide::flow_at(&view.snapshot, view.file, at)?;
        Some(vec![self.hierarchy_item(&view, &flow)?])
    }

    fn hierarchy_item(&self, view: &View, flow: &FlowItem) -> Option<lsp::CallHierarchyItem> {
        let uri = self.uri(&view.root, flow.place.file)?;
        let range = |place: Place| convert::range(&view.snapshot, place.file, place.span, self.encoding());
        Some(lsp::CallHierarchyItem {
            name: flow.name.clone(),
            kind: lsp::SymbolKind::FUNCTION,
            tags: None,
            detail: None,
            uri,
            range: range(flow.place),
            selection_range: range(flow.name_place),
            data: None,
        })
    }

    /// The flow that an item stands for, in every script that has it.
    fn hierarchy_flow(&mut self, item: &lsp::CallHierarchyItem) -> Vec<(View, FlowItem)> {
        let views = self.views(&item.uri);
        let mut found = Vec::new();
        for view in views {
            let at = self.at(&view, item.selection_range.start);
            let flow = ide::flow_at(&view.snapshot, view.file, at).or_else(|| {
                let place = Place { file: view.file, span: convert::span(&view.snapshot, view.file, item.range, self.encoding()) };
                (item.name == "main").then(|| FlowItem { name: item.name.clone(), place, name_place: place })
            });
            found.extend(flow.map(|flow| (view, flow)));
        }
        found
    }

    pub fn incoming(&mut self, item: &lsp::CallHierarchyItem) -> Vec<lsp::CallHierarchyIncomingCall> {
        let mut all: Vec<lsp::CallHierarchyIncomingCall> = Vec::new();
        for (view, flow) in self.hierarchy_flow(item) {
            for (caller, places) in ide::incoming(&view.snapshot, &flow) {
                let Some(from) = self.hierarchy_item(&view, &caller) else { continue };
                let from_ranges =
                    places.iter().map(|place| convert::range(&view.snapshot, place.file, place.span, self.encoding())).collect();
                // A caller in a shared file is found with every script that uses the file.
                if !all.iter().any(|call| call.from == from) {
                    all.push(lsp::CallHierarchyIncomingCall { from, from_ranges });
                }
            }
        }
        all
    }

    pub fn outgoing(&mut self, item: &lsp::CallHierarchyItem) -> Vec<lsp::CallHierarchyOutgoingCall> {
        let mut all = Vec::new();
        for (view, flow) in self.hierarchy_flow(item).into_iter().take(1) {
            for (target, places) in ide::outgoing(&view.snapshot, &flow) {
                let Some(to) = self.hierarchy_item(&view, &target) else { continue };
                let from_ranges =
                    places.iter().map(|place| convert::range(&view.snapshot, place.file, place.span, self.encoding())).collect();
                all.push(lsp::CallHierarchyOutgoingCall { to, from_ranges });
            }
        }
        all
    }
}
