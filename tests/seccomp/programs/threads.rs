// SPDX-License-Identifier: GPL-2.0-or-later
use std::process::Command;
use std::thread;

fn main() {
    let threads: Vec<_> = (0..8).map(|i| thread::spawn(move || i)).collect();
    let sum: i32 = threads.into_iter().map(|t| t.join().unwrap()).sum();
    assert_eq!(sum, 28);
    assert!(Command::new("true").status().unwrap().success());
    println!("ok");
}
