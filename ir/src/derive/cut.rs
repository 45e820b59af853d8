//! The cheapest choice between saving values and making them again: a minimum cut.
//!
//! Each value is two nodes, `made` and `kept`. It costs `remake` to be made on the far side (an edge from the
//! source to `made`), and `save` to be carried there (an edge from `made` to `kept`); what is made there
//! needs its operands there (an edge without limit from their `kept` to its `made`); what is wanted is needed
//! there (an edge without limit from its `kept` to the sink). A cut of least capacity is a cheapest choice:
//! Zhang, Hückelheim and Narayanan, "Scheduling strategies for recomputation", and the min-cut partitioner of
//! PyTorch's functorch use the same graph.

use petgraph::Direction;
use petgraph::algo::ford_fulkerson;
use petgraph::graph::{Graph, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::HashSet;

/// More than anything costs.
pub(super) const NEVER: u64 = u64::MAX / 4;

/// A value that may be needed on the far side.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// What it costs to carry it there.
    pub(super) save: u64,
    /// What it costs to make it there, its operands given.
    pub(super) remake: u64,
    /// The positions of its operands.
    pub(super) needs: Vec<usize>,
    /// Whether it must be there.
    pub(super) wanted: bool,
}

/// How a value gets to the far side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// It is not needed there.
    Left,
    /// It is carried.
    Saved,
    /// It is made there.
    Remade,
}

/// A cheapest choice; of several, the one that makes least again.
pub(super) fn cut(nodes: &[Node]) -> Vec<Way> {
    let mut graph: Graph<(), u64> = Graph::new();
    let (source, sink) = (graph.add_node(()), graph.add_node(()));
    let ends: Vec<(NodeIndex, NodeIndex)> = nodes
        .iter()
        .map(|_| (graph.add_node(()), graph.add_node(())))
        .collect();
    for (node, &(made, kept)) in nodes.iter().zip(&ends) {
        graph.add_edge(source, made, node.remake.min(NEVER));
        graph.add_edge(made, kept, node.save.min(NEVER));
        for &(_, operand) in node.needs.iter().filter_map(|&need| ends.get(need)) {
            graph.add_edge(operand, made, NEVER);
        }
        if node.wanted {
            graph.add_edge(kept, sink, NEVER);
        }
    }
    let (_, flows) = ford_fulkerson(&graph, source, sink);
    let far = far_side(&graph, &flows, sink);
    ends.iter()
        .map(
            |(made, kept)| match (far.contains(made), far.contains(kept)) {
                (true, _) => Way::Remade,
                (false, true) => Way::Saved,
                (false, false) => Way::Left,
            },
        )
        .collect()
}

/// The nodes from which the sink can still be reached when the flow is at its largest.
fn far_side(graph: &Graph<(), u64>, flows: &[u64], sink: NodeIndex) -> HashSet<NodeIndex> {
    let mut far = HashSet::from([sink]);
    let mut open = vec![sink];
    while let Some(node) = open.pop() {
        let flow = |edge: usize| flows.get(edge).copied().unwrap_or(0);
        let incoming = graph
            .edges_directed(node, Direction::Incoming)
            .filter(|edge| flow(edge.id().index()) < *edge.weight())
            .map(|edge| edge.source());
        let outgoing = graph
            .edges_directed(node, Direction::Outgoing)
            .filter(|edge| flow(edge.id().index()) > 0)
            .map(|edge| edge.target());
        for before in incoming.chain(outgoing) {
            if far.insert(before) {
                open.push(before);
            }
        }
    }
    far
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn node(save: u64, remake: u64, needs: &[usize], wanted: bool) -> Node {
        Node {
            save,
            remake,
            needs: needs.to_vec(),
            wanted,
        }
    }

    /// What a choice costs; `None` if something is needed that is not there.
    fn cost(nodes: &[Node], ways: &[Way]) -> Option<u64> {
        let mut sum = 0_u64;
        for (node, way) in nodes.iter().zip(ways) {
            let one = match way {
                Way::Left if node.wanted => return None,
                Way::Left => 0,
                Way::Saved => node.save,
                Way::Remade if node.needs.iter().any(|&k| ways[k] == Way::Left) => return None,
                Way::Remade => node.remake,
            };
            sum = sum.saturating_add(one);
        }
        Some(sum)
    }

    #[test]
    fn a_chain_is_made_again_from_its_start() {
        // y = r x, z = 1 - x, both wanted, beside x itself: one is saved in place of three.
        let nodes = [
            node(4, NEVER, &[], true),
            node(4, 1, &[0], true),
            node(4, 1, &[0], true),
        ];
        assert_eq!(cut(&nodes), [Way::Saved, Way::Remade, Way::Remade]);
    }

    #[test]
    fn what_is_dear_is_saved() {
        // exp(x) and x exp(x), where x is at hand.
        let nodes = [
            node(NEVER, 0, &[], false),
            node(4, NEVER, &[0], true),
            node(4, 1, &[0, 1], true),
        ];
        assert_eq!(cut(&nodes)[1..], [Way::Saved, Way::Remade]);
        // Nothing is made again if that is not cheaper.
        let nodes = [node(4, NEVER, &[], false), node(4, 1, &[0], true)];
        assert_eq!(cut(&nodes), [Way::Left, Way::Saved]);
    }

    #[test]
    fn no_other_choice_is_cheaper() {
        // Small graphs from a simple generator, all choices tried.
        let mut state = 1_u64;
        let mut random = |n: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        for _ in 0..200 {
            let nodes: Vec<Node> = (0..7)
                .map(|k| {
                    let needs: Vec<usize> = (0..k).filter(|_| random(3) == 0).collect();
                    let remake = if needs.is_empty() { NEVER } else { random(5) };
                    node(1 + random(6), remake, &needs, random(3) == 0)
                })
                .collect();
            let found = cost(&nodes, &cut(&nodes)).unwrap();
            let choices = (0..3_usize.pow(7)).map(|code| {
                let way = |k: u32| [Way::Left, Way::Saved, Way::Remade][code / 3_usize.pow(k) % 3];
                (0..7).map(way).collect::<Vec<_>>()
            });
            let best = choices
                .filter_map(|ways| cost(&nodes, &ways))
                .min()
                .unwrap();
            assert_eq!(found, best, "{nodes:?}");
        }
    }
}
