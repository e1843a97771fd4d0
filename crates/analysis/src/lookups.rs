//! `lookup`: its source or table, what it is asked, and its arms.

use callroute_diagnostics::Code;
use callroute_syntax::tree;

use crate::env::LookupTarget;
use crate::steps::unknown_step;
use crate::typed::{Block, Lookup, Operand, StepKind, TableKeys, TableLookup, Ty, VarKind};
use crate::values::{Builder, HOLE, Local, Row, Use};

impl Builder<'_, '_> {
    pub(crate) fn lookup(&mut self, lookup: &tree::Lookup, step: &tree::Step) -> StepKind {
        let target = lookup.call.name.as_ref().and_then(|name| self.env.lookup_target(name));
        let (fields, from) = match target {
            Some(LookupTarget::Source(id)) => self
                .env
                .program
                .sources
                .get(id.index())
                .map(|source| (source.fields.clone(), format!("source `{}`", source.name)))
                .unwrap_or_default(),
            Some(LookupTarget::Table(id)) => self
                .env
                .program
                .tables
                .get(id.index())
                .map(|table| (table.fields.clone(), format!("table `{}`", table.name)))
                .unwrap_or_default(),
            None => {
                for arg in &lookup.call.args {
                    self.touch(arg);
                }
                return self.unknown_lookup(lookup, step);
            }
        };
        let row_name = lookup.row.as_ref().map_or("row", |name| name.text.as_str()).to_owned();
        let row_span = lookup.row.as_ref().map_or(step.head, |name| name.span);
        let mut row = Vec::with_capacity(fields.len());
        let mut names = Vec::with_capacity(fields.len());
        let mut places = Vec::with_capacity(fields.len());
        for field in fields {
            places.push(field.place);
            let var = self.new_var(format!("{row_name}.{}", field.name), field.ty, VarKind::Field, false, row_span);
            row.push(var);
            names.push((field.name, var));
        }
        let local = Local::Row(std::rc::Rc::new(Row { from, fields: names, places }));
        match target {
            Some(LookupTarget::Source(id)) => {
                let args = self.source_args(&lookup.call, id);
                let within = lookup.within.as_ref().map(|within| self.duration(within, "the look-up"));
                let [found, missing, failed, late] = self.lookup_bodies(lookup, &["found", "missing", "failed", "late"], local, step);
                let otherwise = self.otherwise(step);
                StepKind::Lookup(Lookup {
                    source: id,
                    args,
                    within,
                    row,
                    found: found.unwrap_or_default(),
                    missing,
                    failed,
                    late,
                    otherwise,
                })
            }
            Some(LookupTarget::Table(id)) => {
                let key = self.table_key(&lookup.call, id);
                if let Some(within) = &lookup.within {
                    let error = self
                        .env
                        .diag(Code::WithinOnTable, within.span, "a static table answers at once, so `within` cannot stand here")
                        .help("leave `within` out");
                    self.env.report(error);
                }
                let [found, missing] = self.lookup_bodies(lookup, &["found", "missing"], local, step);
                let otherwise = self.otherwise(step);
                StepKind::TableLookup(TableLookup { table: id, key, row, found: found.unwrap_or_default(), missing, otherwise })
            }
            None => unknown_step(),
        }
    }

    /// The blocks of a look-up of something unknown: what they say is checked, except for the row.
    fn unknown_lookup(&mut self, lookup: &tree::Lookup, step: &tree::Step) -> StepKind {
        let _: [Option<Block>; 4] = self.lookup_bodies(lookup, &["found", "missing", "failed", "late"], Local::Unknown, step);
        self.otherwise(step);
        unknown_step()
    }

    fn lookup_bodies<const N: usize>(
        &mut self,
        lookup: &tree::Lookup,
        words: &[&str],
        row: Local,
        step: &tree::Step,
    ) -> [Option<Block>; N] {
        let mut none: [Option<Block>; N] = std::array::from_fn(|_| None);
        match &lookup.inside {
            tree::Inside::Missing(_) => none,
            tree::Inside::Steps(block) => {
                let mark = self.enter();
                match &lookup.row {
                    Some(name) => self.declare(name, row),
                    None => self.nameless += 1,
                }
                let steps = self.steps(&block.steps);
                self.nameless -= usize::from(lookup.row.is_none());
                self.leave(mark);
                if let Some(found) = none.first_mut() {
                    *found = Some(steps);
                }
                none
            }
            tree::Inside::Arms(arms) => {
                let what = if N == 2 { "a look-up in a static table" } else { "a look-up" };
                let by_word = self.word_arms(arms, words, what);
                if by_word.iter().all(Option::is_some) {
                    self.needless_else(step);
                }
                self.word_bodies(arms, &by_word, |this, word, arm| {
                    let mark = this.enter();
                    match &lookup.row {
                        Some(name) if word == 0 => this.declare(name, row.clone()),
                        Some(_) => {}
                        None => this.nameless += 1,
                    }
                    let block = this.body(&arm.body);
                    this.nameless -= usize::from(lookup.row.is_none());
                    this.leave(mark);
                    block
                })
            }
        }
    }

    fn source_args(&mut self, call: &tree::Call, id: crate::typed::SourceId) -> Vec<Operand> {
        let Some(source) = self.env.program.sources.get(id.index()) else { return Vec::new() };
        let params: Vec<(String, Ty)> = source.params.iter().map(|param| (param.name.clone(), param.ty)).collect();
        let place = source.place;
        if call.parens.is_none() {
            // Reported where they are missing.
            return params.iter().map(|_| Operand::Var(HOLE)).collect();
        }
        self.arguments(call, &params, place, |_| Use::Inner)
    }

    fn table_key(&mut self, call: &tree::Call, id: crate::typed::TableId) -> Operand {
        let Some(table) = self.env.program.tables.get(id.index()) else { return Operand::Var(HOLE) };
        let ty = match table.keys {
            TableKeys::Numbers(_) => Ty::Phone,
            TableKeys::Texts(_) => Ty::Text,
        };
        let place = table.place;
        if call.parens.is_none() {
            return Operand::Var(HOLE);
        }
        self.arguments(call, &[("key".to_owned(), ty)], place, |_| Use::Inner).pop().unwrap_or(Operand::Var(HOLE))
    }
}
