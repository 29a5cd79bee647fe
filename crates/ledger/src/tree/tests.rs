use proptest::prelude::*;

use super::*;

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// The tree hash as RFC 6962, section 2.1 words it.
fn by_the_rfc(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let k = 1 << (usize::BITS - 1 - (leaves.len() - 1).leading_zeros());
            node_hash(&by_the_rfc(&leaves[..k]), &by_the_rfc(&leaves[k..]))
        }
    }
}

#[test]
fn roots_are_those_of_the_rfc_6962_test_vectors() {
    let leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut edge = Edge::default();
    assert_eq!(edge.root().to_vec(), unhex(roots[0]));
    for (leaf, root) in leaves.iter().zip(&roots[1..]) {
        edge.push(leaf_hash(&unhex(leaf)));
        assert_eq!(edge.root().to_vec(), unhex(root));
    }
}

#[test]
fn an_edge_of_the_wrong_length_is_none() {
    assert!(Edge::from_bytes(3, &[0; 64]).is_some());
    assert!(Edge::from_bytes(3, &[0; 63]).is_none());
    assert!(Edge::from_bytes(3, &[0; 32]).is_none());
    assert!(Edge::from_bytes(0, &[]).is_some());
}

proptest! {
    #[test]
    fn an_edge_grown_leaf_by_leaf_and_stored_between_has_the_root_of_the_whole_tree(
        leaves in prop::collection::vec(any::<[u8; 32]>(), 0..200),
        cut in any::<prop::sample::Index>(),
    ) {
        let cut = cut.index(leaves.len() + 1);
        let mut edge = Edge::default();
        for leaf in &leaves[..cut] {
            edge.push(*leaf);
        }
        let mut edge = Edge::from_bytes(edge.size(), &edge.to_bytes()).unwrap();
        for leaf in &leaves[cut..] {
            edge.push(*leaf);
        }
        prop_assert_eq!(edge.size(), leaves.len() as u64);
        prop_assert_eq!(edge.root(), by_the_rfc(&leaves));
    }

    #[test]
    fn a_changed_leaf_lies_in_the_first_run_that_differs(
        leaves in prop::collection::vec(any::<[u8; 32]>(), 1..100),
        at in any::<prop::sample::Index>(),
    ) {
        let at = at.index(leaves.len());
        let (mut right, mut wrong) = (Edge::default(), Edge::default());
        for (i, leaf) in leaves.iter().enumerate() {
            right.push(*leaf);
            let mut leaf = *leaf;
            leaf[0] ^= u8::from(i == at);
            wrong.push(leaf);
        }
        prop_assert!(right.first_difference(&wrong).unwrap().contains(&(at as u64)));
        prop_assert_eq!(right.first_difference(&right.clone()), None);
    }
}
