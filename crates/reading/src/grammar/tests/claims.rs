//! What each construct becomes, as sketches.

use super::sketch::sketch;

/// Each script beside its sketch.
fn each(cases: &[(&str, &str)]) {
    for (script, expected) in cases {
        assert_eq!(sketch(script), *expected, "{script}");
    }
}

#[test]
fn lists_pipelines_and_their_signs() {
    each(&[
        ("", ""),
        ("\n \t\n", ""),
        ("a", "a"),
        ("a;b\nc&d", "a; b; c &; d"),
        ("a && b || c", "a && b || c"),
        ("a &&\n\n b | \n c", "a && b | c"),
        ("! a | b", "! a | b"),
        ("! ! a", "a"),
        ("time -p a", "time a"),
        ("!", "! "),
        ("a |& b", "a <2DuplicateWrite 1> | b"),
        ("a # b; c\n# d\ne#f", "a; e#f"),
        ("a \\\n b", "a b"),
    ]);
}

#[test]
fn compound_commands() {
    each(&[
        ("{ a; b; } >c", "group{a; b} <Write c>"),
        ("(a;(b))2>c", "sub(a; sub(b)) <2Write c>"),
        ("if a;then b;elif c;then d;else e;fi", "if[a -> b | c -> d else e]"),
        ("while a;do b;done<c", "while[a -> b] <Read c>"),
        ("until a\ndo b\ndone", "until[a -> b]"),
        ("for a in b $c; do d; done", "for[a in b ${c} -> d]"),
        ("for a; do b; done", "for[a all -> b]"),
        ("for a do b; done", "for[a all -> b]"),
        ("for a in b; { c; }", "for[a in b -> c]"),
        ("for ((a=0;a<$n;a++)) do b; done", "for[(a=0;a<~'${n}'~;a++) -> b]"),
        ("select a in b; do c; done", "select[a in b -> c]"),
        (
            "case $a in b|c*) d;; (e) f;& g) h;;& *) esac",
            "case[${a}: b or c~glob * -> d | e -> f ;& | g -> h ;;& | glob * -> ]",
        ),
        ("case a in esac", "case[a: ]"),
        ("a() { b; }; a", "function a = group{b}; a"),
        ("function a { b; } >c", "function a = group{b} <Write c>"),
        ("function a-b() (c)", "function a-b = sub(c)"),
        ("coproc a { b; }; coproc c d", "coproc Some(\"a\") = group{b}; coproc None = c d"),
        ("[[ -f $a && ! ( b < c ) ]] && d", "test[-f ${a} && ! ( b < c )] && d"),
        ("[[ $a =~ ^(b|c d)+$ ]]", "test[${a} =~ ^(b|c d)+$]"),
        ("((a+1)) || ((b)); c", "arithmetic(a+1) || arithmetic(b); c"),
        ("((a); (b))", "sub(sub(a); sub(b))"),
    ]);
}

#[test]
fn reserved_words_are_reserved_only_where_a_command_begins() {
    each(&[
        ("echo if then fi done { } [[ ! time", "echo if then fi done { } [[ ! time"),
        ("'if' a", "'if' a"),
        ("\\if a", "'i'~f a"),
        ("a=1 if b", "set(a=1) if b"),
        ("<a if b", "if b <Read a>"),
        ("iffy; doing; esacs; {a; }b", "iffy; doing; esacs; {a; }b"),
        ("for for in in; do echo do; done", "for[for in in -> echo do]"),
    ]);
}

#[test]
fn quotes_come_off_and_are_known() {
    each(&[
        (r#"a 'b "c' "d 'e" f\ g \\"#, r#"a 'b "c' 'd 'e' f~' '~g '\'"#),
        (r#"e"ch"o ''"" """#, "e~'ch'~o '' ''"),
        (r#""a\$b\`c\"d\\e\f""#, r#"'a$b`c"d\e\f'"#),
        ("\"a\\\nb\"", "'ab'"),
        ("'a\\\nb'", "'a\\\nb'"),
        ("a\\\nb", "ab"),
        (r"$'a\tb\x41\u00e9\101\'\q'", "'a\tbAéA'\\q'"),
        (r"$'a\0b'c", "'a'~c"),
        ("$\"a $b\"", "'a '~'${b}'"),
        ("echo a#b $ '$' \"$\"", "echo a#b $ '$' '$'"),
        ("é ü\u{a0}x 日本", "é ü\u{a0}x 日本"),
    ]);
}

#[test]
fn parameters() {
    each(&[
        ("$a$1b$@${10}$$", "${a}~${1}~b~${@}~${10}~${$}"),
        (
            "${a:-b c}${a-}${a:=$b}${a?x}${a:+\"y z\"}",
            "${a :- b c}~${a - nothing}~${a := ${b}}~${a ? x}~${a :+ 'y z'}",
        ),
        ("\"${a:-b 'c' \"d\"}\"", "'${a :- 'b 'c' d'}'"),
        (
            "${a#b*}${a##'*'}${a%.x}${a%%[0-9]}",
            "${a # b~glob *}~${a ## '*'}~${a % .x}~${a %% glob [~0-9~glob ]}",
        ),
        (
            "${a/b/c}${a//b}${a/#b/}${a/%\\//$c}",
            "${a First b by c}~${a All b by nothing}~${a Prefix b by nothing}~${a Suffix '/' by ${c}}",
        ),
        ("${a:1}${a: -1:$b}${a:(b?1:2)}", "${a from 1}~${a from  -1 for '${b}'}~${a from (b?1:2)}"),
        (
            "${a^}${a^^}${a,,[a-z]}${a~}",
            "${a ^ nothing}~${a ^ all nothing}~${a , all glob [~a-z~glob ]}~${a ~ nothing}",
        ),
        ("${#a}${#}${#a[@]}${##}${#-x}", "${a length}~${#}~${a[@] length}~${# length}~${# - x}"),
        ("${!a}${!a*}${!a@}${!a[@]}${!}${!#}", "${!a}~${!a names}~${!a names}~${!a[@] names}~${!}~${!#}"),
        ("${a[1]}${a[$b+1]:-c}${a[*]}${a['k']}", "${a[1]}~${a['${b}'~+1] :- c}~${a[*]}~${a['k']}"),
        ("${a@Q}", "${a @Q}"),
        ("$\\\na ${a}b $a\\\nb", "${a} ${a}~b ${ab}"),
    ]);
}

#[test]
fn substitutions_hold_scripts() {
    each(&[
        ("$(a; b | c)", "$(a; b | c)"),
        ("\"$(a \"$(b)\")\"", "'$(a '$(b)')'"),
        ("$(case a in b) c;; esac)d", "$(case[a: b -> c])~d"),
        ("$( (a) )", "$(sub(a))"),
        ("$((a) )", "$(sub(a))"),
        ("$((a); b)", "$(sub(a); b)"),
        ("$(a # b)\n)", "$(a)"),
        ("`a`b`c d`", "$(a)~b~$(c d)"),
        ("`a \\`b \\\\\\`c\\\\\\`\\` \\$d`", "$(a $(b $(c)) ${d})"),
        ("\"`a \\\"b c\\\"`\"", "'$(a 'b c')'"),
        ("`a '\\$b'`", "$(a '$b')"),
        ("a <(b) >(c | d) e<(f)", "a read(b) write(c | d) e~read(f)"),
        ("a < <(b)", "a <Read read(b)>"),
        ("${ a; b; }${| c; }", "$(a; b)~$(c)"),
        ("\"$\\\n(a)\"", "'$(a)'"),
    ]);
}

#[test]
fn arithmetic_is_told_from_subshells() {
    each(&[
        ("$((1+2))", "$((1+2))"),
        ("$((a*(b+$c)))x", "$((a*(b+~'${c}'~)))~x"),
        ("$(( $(a) + `b` ))", "$(( ~'$(a)'~ + ~'$(b)'~ ))"),
        ("$[a+1]", "$((a+1))"),
        ("((a[1]+=2))", "arithmetic(a[1]+=2)"),
        ("$(( ((1)) + ((2)) ))", "$(( ((1)) + ((2)) ))"),
        ("((a++)) && ((b--)) || ((++c))", "arithmetic(a++) && arithmetic(b--) || arithmetic(++c)"),
        ("( ( a ) )", "sub(sub(a))"),
        ("( (a));b", "sub(sub(a)); b"),
    ]);
}

#[test]
fn braces_globs_and_tildes() {
    each(&[
        ("{a,b}{1..3}{c..a..2}", "{a,b}~{1 to 3 by None}~{c to a by Some(\"2\")}"),
        ("x{a,b{c,},\"d e\"}$f", "x~{a,b~{c,},'d e'}~${f}"),
        ("{} {a} {a,b {,} \\{a,b} {a..} {1..b}", "{} {a} {a,b {,} '{'~a,b} {a..} {1..b}"),
        ("{a,{b} {a},b}", "{a,{b} {a},b}"),
        ("{a,{b},c} {a},b} {},/} a{},/}", "{a,{b},c} {a},b} {},/} a~{},/}"),
        ("a=({x,y}) b={x,y}", "set(a=array({x,y})) set(b={x,y})"),
        ("*a?b[!c]d [ ] [] [!] x[1]", "glob *~a~glob ?~b~glob [~!c~glob ]~d [ ] [] [!] x~glob [~1~glob ]"),
        ("?(a|b*)+(c)@() !(d|!(e))", "?(a|b~glob *)~+(c)~@() !(d|!(e))"),
        ("~ ~/a ~b/c a~ '~' \\~ ~\"a\"", "home() home()~/a home(b)~/c a~ '~' '~' ~~'a'"),
        ("a=~/b:~/c d=~ --e=~/f", "set(a=home()~/b:~home()~/c) set(d=home()) --e=~/f"),
        ("x a=~/b {~/c,~/d}", "x a=~home()~/b {home()~/c,home()~/d}"),
    ]);
}

#[test]
fn assignments_stand_before_the_program() {
    each(&[
        ("a=1 b=$c d e=f", "set(a=1) set(b=${c}) d e=f"),
        ("a= b=\"\"", "set(a=) set(b='')"),
        ("a+=b c[1]=d e[$f]+=g", "set(a+=b) set(c[1]=d) set(e['${f}']+=g)"),
        ("a=(b \"c d\" [2]=e\n f # g\n)", "set(a=array(b 'c d' [2]=e f))"),
        ("a[1 + 2]=x b", "set(a[1 + 2]=x) b"),
        ("declare -A a=([b]=c) d=(e)", "declare -A a=~array([b]=c) d=~array(e)"),
        ("export a=~/b", "export a=~home()~/b"),
        ("1a=b", "1a=b"),
        ("'a'=b", "'a'~=b"),
        ("a\\=b", "a~'='~b"),
    ]);
}

#[test]
fn redirections() {
    each(&[
        ("a>b 2>>c <d <>e >|f", "a <Write b> <2Append c> <Read d> <ReadWrite e> <Clobber f>"),
        (
            "a 2>&1 >&2 2>&- <&3",
            "a <2DuplicateWrite 1> <DuplicateWrite 2> <2DuplicateWrite -> <DuplicateRead 3>",
        ),
        ("a &>b &>>c >&d 1>&e", "a <WriteBoth b> <AppendBoth c> <WriteBoth d> <1WriteBoth e>"),
        ("a >&$b", "a <DuplicateWrite ${b}>"),
        ("a >&-b <&- c", "a b c <DuplicateWrite -> <DuplicateRead ->"),
        ("a {b}>c 12>d 2 >e a2>f", "a 2 a2 <{b}Write c> <12Write d> <Write e> <Write f>"),
        (">a b", "b <Write a>"),
        (">a", "<Write a>"),
        ("a <<<b <<<\"$c d\"", "a <HereString b> <HereString '${c}'~' d'>"),
    ]);
}

#[test]
fn here_documents_stand_behind_their_line() {
    let literal = "<HereDocument { expanded: false } ";
    let expanded = "<HereDocument { expanded: true } ";
    let cases = [
        ("a <<B\nc $d\nB\ne", format!("a {expanded}'c '~'${{d}}'~'\n'>; e")),
        ("a <<'B'; c\nd $e\nB", format!("a {literal}'d $e\n'>; c")),
        ("a <<\\B\n`c`\nB\n", format!("a {literal}'`c`\n'>")),
        ("a <<B | c <<D\n1\nB\n2\nD", format!("a {expanded}'1\n'> | c {expanded}'2\n'>")),
        ("a <<-B\n\tc\n\t\td\n\tB", format!("a {expanded}'c\nd\n'>")),
        ("a <<-'B'\n\tc\n\tB\nd", format!("a {literal}'c\n'>; d")),
        ("a <<B\n$(c)`d`\\$e\nB", format!("a {expanded}'$(c)'~'$(d)'~'$e\n'>")),
        ("a <<B", format!("a {expanded}nothing>")),
        ("a <<B\nc", format!("a {expanded}'c'>")),
        ("a <<B\nB", format!("a {expanded}nothing>")),
        ("$(a <<B\nc\nB\n)d", format!("$(a {expanded}'c\n'>)~d")),
        ("$(a <<B\nc\nB)d", format!("$(a {expanded}'c\n'>)~d")),
        ("a <<'B C'\nd\nB C", format!("a {literal}'d\n'>")),
        ("a <<''\nb\n\nc", format!("a {literal}'b\n'>; c")),
    ];
    for (script, expected) in &cases {
        assert_eq!(sketch(script), *expected, "{script}");
    }
}

#[test]
fn a_carriage_return_is_a_letter_and_is_noted() {
    let parsed = crate::grammar::parse("if a\r\nthen b\r\nfi\r\n");
    assert!(parsed.faults.is_empty());
    assert_eq!(parsed.carriage_return.map(|span| span.start), Some(4));
    assert_eq!(sketch("if a\r\nthen b\r\nfi\r\n"), "if[a\r -> b\r]");
    assert_eq!(sketch("a <<B\r\nc\r\nB\r\nd"), "a <HereDocument { expanded: true } 'c\r\n'>; d");
    assert!(crate::grammar::parse("a\nb").carriage_return.is_none());
}
