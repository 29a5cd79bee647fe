//! Scripts that somebody wrote to be misread, or that nobody wrote at all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../fuzz/src/scripts.rs"]
#[allow(unreachable_pub, reason = "a crate of its own for the fuzzer")]
mod targets;

/// Signs and words that mean something to a shell.
const WORDS: &[&str] = &[
    "$(",
    ")",
    "`",
    "\"",
    "'",
    "\\",
    "\n",
    " ",
    ";",
    "&",
    "|",
    "<",
    ">",
    "(",
    "((",
    "))",
    "{",
    "}",
    ",",
    "..",
    "${",
    ":-",
    "[",
    "]",
    "=",
    "+=",
    "<<A\n",
    "\nA\n",
    "<<<",
    "<(",
    "if ",
    "then ",
    "fi ",
    "do ",
    "done ",
    "case ",
    "in ",
    "esac ",
    ";;",
    "f() ",
    "function ",
    "eval ",
    "exec ",
    "source ",
    "sh -c ",
    "rm ",
    "-rf ",
    "/ ",
    "$X",
    "$'",
    "\\x41",
    "$1",
    "@(",
    "*",
    "~",
    "#",
    "!",
    "é",
    "\u{202e}",
    "\0",
    "sudo ",
    "xargs ",
    "base64 -d ",
    "alias a=",
    "IFS=",
    "unset ",
    "a=(",
    "2>",
    "&>",
    "[[ ",
    " ]]",
    "time ",
];

/// What the fuzz target runs with a nightly compiler, run here for a bounded number of rounds over mutated scripts.
#[test]
fn mutated_scripts_keep_the_property_of_the_fuzz_target() {
    let mut random = Random(0x5eed_5a75);
    for round in 0..2_000 {
        let mut script = targets::SEEDS[round % targets::SEEDS.len()].as_bytes().to_vec();
        for _ in 0..=random.below(5) {
            random.mutate(&mut script);
        }
        targets::shell_script(&script);
    }
}

#[test]
fn the_seeds_keep_it_unmutated_and_in_one_another() {
    for one in targets::SEEDS {
        targets::shell_script(one.as_bytes());
        for other in targets::SEEDS {
            targets::shell_script(format!("{one}\n{other}").as_bytes());
            targets::shell_script(format!("x=$({one}\n); {other}").as_bytes());
        }
    }
}

/// xorshift64: the same rounds on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n.max(1) as u64).unwrap()
    }

    fn mutate(&mut self, script: &mut Vec<u8>) {
        let at = self.below(script.len() + 1);
        match self.below(6) {
            0 if at < script.len() => script[at] ^= 1 << self.below(8),
            1 if at < script.len() => {
                let end = (at + 1 + self.below(8)).min(script.len());
                script.drain(at..end);
            }
            2 => {
                let seed = targets::SEEDS[self.below(targets::SEEDS.len())].as_bytes();
                let start = self.below(seed.len());
                let end = (start + 1 + self.below(24)).min(seed.len());
                script.splice(at..at, seed[start..end].iter().copied());
            }
            3 => script.truncate(at),
            _ => {
                let word = WORDS[self.below(WORDS.len())].as_bytes();
                script.splice(at..at, word.iter().copied());
            }
        }
    }
}
