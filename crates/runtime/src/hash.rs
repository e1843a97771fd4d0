//! FNV-1a, 64 bits: what a `split` and the order of a random or weighted group are drawn from. It is part of the language, so
//! that anybody can work out who goes where.

const START: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// The hash of some pieces, one after the other: FNV-1a, 64 bits, which `split` and random orders are drawn from.
#[must_use]
pub fn fnv(pieces: &[&[u8]]) -> u64 {
    let mut hash = START;
    for piece in pieces {
        for byte in *piece {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }
    hash
}

/// Draws an order: place by place, one of those that are left, each with the chance of its weight. One without a weight belongs
/// to the one before it, and goes where that goes. The number drawn is the hash modulo the sum of the weights that are left;
/// after each draw the hash is that of its own eight bytes, little-endian.
pub(crate) fn draw<T>(call_id: &str, items: &mut [T], weight: impl Fn(&T) -> u64) {
    let mut hash = fnv(&[call_id.as_bytes()]);
    let mut place = 0;
    while place < items.len() {
        let left = items.get_mut(place..).unwrap_or_default();
        let sum = left.iter().map(&weight).fold(0, u64::saturating_add);
        let mut drawn = if sum == 0 { 0 } else { hash % sum };
        let mut chosen = 0;
        for (index, item) in left.iter().enumerate() {
            let own = weight(item);
            if drawn < own {
                chosen = index;
                break;
            }
            drawn = drawn.saturating_sub(own);
        }
        let len = 1 + left.iter().skip(chosen + 1).take_while(|item| weight(item) == 0).count();
        left.get_mut(..chosen + len).unwrap_or_default().rotate_right(len);
        place += len;
        hash = fnv(&[&hash.to_le_bytes()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        // From the reference of the algorithm.
        assert_eq!(fnv(&[b""]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(&[b"a"]), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv(&[b"foo", b"bar"]), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn orders_follow_the_weights() {
        let mut first = [0u32; 2];
        for call in 0..2000 {
            let mut order = [(0usize, 7000u64), (1, 3000)];
            draw(&format!("call-{call}"), &mut order, |(_, weight)| *weight);
            first[order[0].0] += 1;
        }
        assert!((1300..1500).contains(&first[0]), "{first:?}");
        for call in 0..100 {
            let mut joined = [(0u32, 1u64), (1, 0), (2, 0), (3, 1), (4, 1), (5, 0)];
            draw(&format!("call-{call}"), &mut joined, |(_, weight)| *weight);
            let text: String = joined.iter().map(|(id, _)| id.to_string()).collect();
            assert!(text.contains("012") && text.contains("45"), "{text}");
        }
        let mut none: [u64; 3] = [0, 0, 0];
        draw("x", &mut none, |weight| *weight);
        let mut order: Vec<u32> = (0..20).collect();
        draw("abc123xyz", &mut order, |_| 1);
        let again = order.clone();
        order.sort_unstable();
        assert!(order == (0..20).collect::<Vec<_>>() && again != order);
    }
}
