//! The SSH host key: the same for the same owner, workspace and agent, so that it survives rebuilds
//! (`docs/protocol/agent.md`). Clients inside the tunnel do not check it: WireGuard has proved the peer.

use ed25519_dalek::SigningKey;
use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::{PrivateKey, ssh_key};

/// Derives the Ed25519 key from the names.
pub fn host_key(owner: &str, workspace: &str, agent: &str) -> Result<PrivateKey, ssh_key::Error> {
    let seed = seed(owner, workspace, agent);
    let mut secret = [0u8; 32];
    for (i, chunk) in secret.chunks_exact_mut(8).enumerate() {
        chunk.copy_from_slice(&splitmix(seed.wrapping_add(i as u64)).to_be_bytes());
    }
    let signing = SigningKey::from_bytes(&secret);
    let pair = Ed25519Keypair::from_seed(signing.as_bytes());
    PrivateKey::new(KeypairData::Ed25519(pair), "")
}

/// 64-bit FNV-1a over the names with a zero byte between them.
fn seed(owner: &str, workspace: &str, agent: &str) -> u64 {
    let text = [owner, workspace, agent].join("\0");
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// One step of SplitMix64: spreads the seed over the key's bytes.
fn splitmix(x: u64) -> u64 {
    let mut z = x.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_names_give_the_same_key_and_other_names_another() {
        let key = |w| host_key("ann", w, "main").unwrap().public_key().to_openssh().unwrap();
        assert_eq!(key("dev"), key("dev"));
        assert_ne!(key("dev"), key("test"));
    }
}
