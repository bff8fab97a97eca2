//! Files for transfers.

use std::io::{Read, Write};
use std::path::Path;

use rand::Rng;
use sha2::{Digest, Sha256};

/// Writes random bytes.
pub fn random_file(path: &Path, size_bytes: usize) {
    let mut file = std::fs::File::create(path).expect("the file can be made");
    let mut block = vec![0; 1 << 20];
    let mut left = size_bytes;
    while left > 0 {
        let part = left.min(block.len());
        rand::rng().fill_bytes(&mut block[..part]);
        file.write_all(&block[..part]).expect("the file can be written");
        left -= part;
    }
}

/// SHA-256 of a file in hex, as `sha256sum` prints it.
pub fn checksum(path: &Path) -> String {
    let mut file = std::fs::File::open(path).unwrap_or_else(|error| panic!("open {}: {error}", path.display()));
    let (mut hash, mut block) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut block).expect("the file can be read") {
            0 => return hex::encode(hash.finalize()),
            size => hash.update(&block[..size]),
        }
    }
}
