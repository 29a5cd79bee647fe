//! Times as backup programs write them.

use std::time::{Duration, UNIX_EPOCH};

use sayso_core::UnixMs;

/// `2026-11-22T10:15:04.811478293+01:00`, `…Z`, or without a zone, which is UTC then.
pub(super) fn parse(text: &str) -> Option<UnixMs> {
    let day = text.find('T')?;
    let zone = text.get(day..)?.find(['Z', '+', '-']).map(|at| day + at);
    let (time, zone) = zone.map_or((text, ""), |at| text.split_at(at));
    let since = humantime::parse_rfc3339(&format!("{time}Z")).ok()?.duration_since(UNIX_EPOCH).ok()?;
    let offset = match zone {
        "" | "Z" => 0,
        zone => {
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let seconds = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
            if zone.starts_with('-') { -seconds } else { seconds }
        }
    };
    let milliseconds = i64::try_from(Duration::as_millis(&since)).ok()?;
    Some(UnixMs(milliseconds.saturating_sub(offset.saturating_mul(1000))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_same_in_every_zone() {
        let at = parse("2026-11-22T10:15:04.811478293Z").unwrap();
        assert_eq!(at, UnixMs(1_795_342_504_811));
        assert_eq!(parse("2026-11-22T11:45:04.811478293+01:30"), Some(at));
        assert_eq!(parse("2026-11-22T05:15:04.811478293-05:00"), Some(at));
        assert_eq!(parse("2026-11-22T10:15:04.811000"), Some(at));
        for no in ["", "yesterday", "2026-11-22", "2026-11-22T10:15:04+x:y"] {
            assert_eq!(parse(no), None, "{no}");
        }
    }
}
