use proptest::prelude::*;

use super::*;

#[test]
fn what_draws_nothing_or_moves_its_neighbours_becomes_a_mark() {
    for (text, shown) in [
        ("a\u{202e}b", "a⟦U+202E right-to-left override⟧b"),
        ("pay\u{200b}pal", "pay⟦U+200B zero-width space⟧pal"),
        ("\u{2066}x\u{2069}", "⟦U+2066 left-to-right isolate⟧x⟦U+2069 pop directional isolate⟧"),
        ("a\rb", "a⟦U+000D carriage return⟧b"),
        ("\u{1b}[2K", "⟦U+001B escape⟧[2K"),
        ("a\u{a0}b", "a⟦U+00A0 no-break space⟧b"),
        ("a\u{3164}b", "a⟦U+3164 Hangul filler⟧b"),
        ("a\u{2800}b", "a⟦U+2800 blank Braille pattern⟧b"),
        ("x\u{e0041}", "x⟦U+E0041 tag⟧"),
        ("x\u{fe0f}", "x⟦U+FE0F variation selector⟧"),
        ("\u{e000}", "⟦U+E000 private use⟧"),
        ("\u{ffff}", "⟦U+FFFF⟧"),
        ("\u{378}", "⟦U+0378⟧"),
        ("\u{2028}", "⟦U+2028 line separator⟧"),
        ("etc\u{2215}passwd", "etc⟦U+2215 looks like a slash⟧passwd"),
        ("👩\u{200d}💻", "👩⟦U+200D zero-width joiner⟧💻"),
    ] {
        assert_eq!(reveal(text), shown);
    }
}

#[test]
fn a_mark_in_the_text_itself_is_marked_and_so_cannot_be_faked() {
    assert_eq!(reveal("⟦U+202E⟧"), "⟦U+27E6⟧U+202E⟦U+27E7⟧");
}

#[test]
fn the_letters_of_the_lesser_script_in_a_mixed_word_are_marked() {
    for (text, shown) in [
        ("p\u{430}ypal.com", "p⟦\u{430} Cyrillic U+0430⟧ypal.com"),
        ("rm c\u{43e}de", "rm c⟦\u{43e} Cyrillic U+043E⟧de"),
        ("приvет", "при⟦v Latin U+0076⟧ет"),
        ("main\u{200b}\u{3b1}x", "main⟦U+200B zero-width space⟧⟦\u{3b1} Greek U+03B1⟧x"),
        ("a_\u{430}", "a_⟦\u{430} Cyrillic U+0430⟧"),
    ] {
        assert_eq!(reveal(text), shown);
    }
}

#[test]
fn words_of_one_script_and_the_mixes_of_east_asia_stay_as_they_are() {
    for text in [
        "Привет, мир",
        "Web-сайт",
        "naïve café",
        "日本語テキストとかな",
        "Rust言語",
        "한국어漢字",
        "Ελλάδα",
        "5µm",
        "שלום",
        "नमस्ते",
        "tiếng Việt",
        "ไทย",
        "😀 done",
        "“quoted” – and…",
    ] {
        assert_eq!(reveal(text), text);
    }
}

#[test]
fn a_flood_of_combining_marks_is_marked_from_the_fifth_on() {
    let flood = format!("a{}", "\u{301}".repeat(6));
    let shown = format!("a{}{}", "\u{301}".repeat(4), "⟦U+0301 combining mark⟧".repeat(2));
    assert_eq!(reveal(&flood), shown);
}

#[test]
fn newlines_and_tabs_stay_in_a_text_and_are_marked_in_a_line() {
    assert_eq!(reveal("a\n\tb\u{e9}\n"), "a\n\tb\u{e9}\n");
    assert_eq!(reveal_line("a\nb"), "a⟦U+000A line feed⟧b");
    assert_eq!(reveal_line("a\tb"), "a⟦U+0009 tab⟧b");
}

fn any_text() -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        Just('\u{202e}'),
        Just('\u{200b}'),
        Just('⟦'),
        Just('\u{430}'),
        Just('\u{301}'),
        Just('\u{e0041}'),
        Just('\n')
    ];
    proptest::collection::vec(prop_oneof![any::<char>(), odd, proptest::char::range(' ', '~')], 0..60)
        .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #[test]
    fn no_hidden_character_comes_out(text in any_text()) {
        for c in reveal_line(&text).chars() {
            prop_assert!(!is_hidden(c) || matches!(c, '⟦' | '⟧'), "{c:?} of {text:?}");
        }
    }

    #[test]
    fn every_bracket_that_comes_out_is_a_marks_own(text in any_text()) {
        let shown = reveal(&text);
        let mut open = false;
        for c in shown.chars() {
            match c {
                '⟦' => { prop_assert!(!open); open = true; }
                '⟧' => { prop_assert!(open); open = false; }
                _ => {}
            }
        }
        prop_assert!(!open);
    }

    #[test]
    fn printable_ascii_comes_out_as_it_went_in(text in "[ -~\n\t]{0,200}") {
        prop_assert_eq!(reveal(&text), text);
    }

    #[test]
    fn two_texts_that_differ_look_different(a in any_text(), b in any_text()) {
        prop_assert_eq!(a == b, reveal(&a) == reveal(&b));
    }
}
