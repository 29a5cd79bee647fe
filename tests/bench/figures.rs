//! The figures of `cargo xtask bench`, taken in one run on the release build, as ratios where there is something to
//! compare with. It measures and prints; it judges nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    missing_docs
)]

mod askers;
mod facts;
mod load;
mod memory;
mod reading;
mod start;

use std::time::Duration;

fn main() {
    let only = std::env::args().nth(1);
    let figures: [(&str, fn()); 8] = [
        ("hook", start::hook_against_true),
        ("answer", load::ask_to_answer),
        ("commits", load::decisions_per_second),
        ("waiting", load::ten_thousand_waiting),
        ("painted", start::ask_to_painted),
        ("facts", facts::settled_cards),
        ("memory", memory::at_rest_open_and_closed),
        ("reading", reading::readings),
    ];
    for (name, figure) in figures {
        if only.as_deref().is_none_or(|only| only == name) {
            println!("\n{name}");
            figure();
        }
    }
}

/// The value at this part (0 to 1) of the sorted times.
fn quantile(times: &mut [Duration], part: f64) -> Duration {
    times.sort_unstable();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index within the slice")]
    let at = ((times.len() - 1) as f64 * part).round() as usize;
    times[at]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
