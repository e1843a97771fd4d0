//! Circles in graphs of definitions: dates that name dates, flows that call flows.

/// The circles of a graph, at least one for every strongly connected part that has any, each as its nodes with the number of the edge that
/// leads to the next; the last edge leads back to the first node. Each begins at its smallest node. Linear in the graph.
pub(crate) fn circles(edges: &[Vec<usize>]) -> Vec<Vec<(usize, usize)>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; edges.len()];
    let mut found: Vec<Vec<(usize, usize)>> = Vec::new();
    let mut in_circle = vec![false; edges.len()];
    for start in 0..edges.len() {
        if states.get(start) != Some(&State::New) {
            continue;
        }
        // The way here: nodes, each with the number of the edge to be followed next.
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        set(&mut states, start, State::Open);
        while let Some((node, next)) = way.last().copied() {
            let Some(&to) = edges.get(node).and_then(|edges| edges.get(next)) else {
                set(&mut states, node, State::Done);
                way.pop();
                if let Some(last) = way.last_mut() {
                    last.1 = last.1.saturating_add(1);
                }
                continue;
            };
            match states.get(to) {
                Some(State::New) => {
                    set(&mut states, to, State::Open);
                    way.push((to, 0));
                    continue;
                }
                Some(State::Open) => {
                    // One circle for each part is enough; others through it are mended with it, or found next time.
                    let from = way.iter().position(|(node, _)| *node == to).unwrap_or(0);
                    let circle = way.get(from..).unwrap_or_default();
                    if !circle.iter().any(|(node, _)| in_circle.get(*node) == Some(&true)) {
                        circle.iter().for_each(|(node, _)| set(&mut in_circle, *node, true));
                        let least = circle.iter().enumerate().min_by_key(|(_, (node, _))| *node).map_or(0, |(at, _)| at);
                        let (before, after) = circle.split_at_checked(least).unwrap_or((circle, &[]));
                        found.push(after.iter().chain(before).copied().collect());
                    }
                }
                _ => {}
            }
            if let Some(last) = way.last_mut() {
                last.1 = last.1.saturating_add(1);
            }
        }
    }
    found
}

fn set<T>(states: &mut [T], at: usize, state: T) {
    if let Some(slot) = states.get_mut(at) {
        *slot = state;
    }
}

#[cfg(test)]
mod tests {
    use super::circles;

    #[test]
    fn circles_are_found_once() {
        assert!(circles(&[vec![1, 2], vec![2], vec![]]).is_empty());
        assert_eq!(circles(&[vec![0]]), [[(0, 0)]]);
        assert_eq!(circles(&[vec![1], vec![2, 0], vec![]]), [[(0, 0), (1, 1)]]);
        assert_eq!(circles(&[vec![], vec![2], vec![3], vec![0, 1], vec![4]]).len(), 2);
        let long: Vec<Vec<usize>> = (0..100_000).map(|n| vec![(n + 1) % 100_000]).collect();
        assert_eq!(circles(&long).first().map(Vec::len), Some(100_000));
    }
}
