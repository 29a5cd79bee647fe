use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::strict;

const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v0cX5wq8nFQ2uM7bT6yR4kL9pA3eD0gH1jK2l\n\
    -----END PRIVATE KEY-----";

#[test]
fn secrets_are_hidden_by_their_form() {
    let body = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z";
    for (template, shown) in [
        (
            "git push https://ann:@@@example.com/x",
            "git push https://ann:⟨hidden: 34 characters⟩@example.com/x",
        ),
        ("git clone https://@@@example.com/x", "git clone https://⟨hidden: 34 characters⟩@example.com/x"),
        ("psql postgres://u:@@@db:5432/shop", "psql postgres://u:⟨hidden: 34 characters⟩@db:5432/shop"),
        ("curl -H 'Authorization: Bearer @@' h", "curl -H 'Authorization: Bearer ⟨hidden: 34 characters⟩' h"),
        (
            "curl -H \"authorization: Basic @@\" h",
            "curl -H \"authorization: Basic ⟨hidden: 34 characters⟩\" h",
        ),
        ("curl -H 'X-Api-Key: @@' h", "curl -H 'X-Api-Key: ⟨hidden: 34 characters⟩' h"),
        ("curl -u ann:@@ h", "curl -u ann:⟨hidden: 34 characters⟩ h"),
        ("tool --password @@ x", "tool --password ⟨hidden: 34 characters⟩ x"),
        ("tool --password=@@ x", "tool --password=⟨hidden: 34 characters⟩ x"),
        ("tool --api-key '@@' x", "tool --api-key '⟨hidden: 34 characters⟩' x"),
        ("PGPASSWORD=@@ psql -c 'x'", "PGPASSWORD=⟨hidden: 34 characters⟩ psql -c 'x'"),
        ("export SOME_KEY=\"@@\"", "export SOME_KEY=\"⟨hidden: 34 characters⟩\""),
        ("DEPLOY_TOKEN=@@;rm -rf x", "DEPLOY_TOKEN=⟨hidden: 34 characters⟩;rm -rf x"),
        (r#"{"password": "@@", "a": 1}"#, r#"{"password": "⟨hidden: 34 characters⟩", "a": 1}"#),
        (r#"-d "{\"apiKey\":\"@@\"}""#, r#"-d "{\"apiKey\":\"⟨hidden: 34 characters⟩\"}""#),
        ("curl 'http://h/?token=@@&page=2'", "curl 'http://h/?token=⟨hidden: 34 characters⟩&page=2'"),
        ("secret_key: @@\nport: 80", "secret_key: ⟨hidden: 34 characters⟩\nport: 80"),
        ("password = \"@@\"", "password = \"⟨hidden: 34 characters⟩\""),
        ("ALTER USER u WITH PASSWORD '@@'", "ALTER USER u WITH PASSWORD '⟨hidden: 34 characters⟩'"),
        ("CREATE USER u IDENTIFIED BY '@@'", "CREATE USER u IDENTIFIED BY '⟨hidden: 34 characters⟩'"),
        ("sshpass -p @@ ssh h", "sshpass -p ⟨hidden: 34 characters⟩ ssh h"),
        ("mysql -u root -p@@ shop", "mysql -u root -p⟨hidden: 34 characters⟩ shop"),
        ("Server=h;User Id=sa;Pwd=@@;", "Server=h;User Id=sa;Pwd=⟨hidden: 34 characters⟩;"),
        ("//registry.npmjs.org/:_authToken=@@", "//registry.npmjs.org/:_authToken=⟨hidden: 34 characters⟩"),
    ] {
        let given = template.replace("@@", body);
        assert_eq!(text(&given), shown, "{given}");
    }
}

#[test]
fn known_tokens_are_hidden_wherever_they_stand() {
    let tail = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5cD7eF9";
    for token in [
        format!("ghp_{tail}"),
        format!("github_pat_{tail}"),
        format!("sk-{tail}"),
        format!("sk-ant-api03-{tail}"),
        format!("xoxb-123-{tail}"),
        format!("glpat-{tail}"),
        format!("npm_{tail}"),
        format!("AIza{tail}"),
        "AKIAIOSFODNN7EXAMPLE".to_owned(),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N".to_owned(),
        format!("AGE-SECRET-KEY-1{}", tail.to_uppercase()),
    ] {
        for around in
            [format!("x {token} y"), format!("f('{token}')"), format!("A={token};ls"), token.clone()]
        {
            let shown = text(&around);
            assert!(!shown.contains(&token[4..]), "{shown}");
            assert!(shown.contains("⟨hidden: "), "{shown}");
        }
    }
    let pair = "AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKE2";
    assert_eq!(text(pair), "⟨hidden: 20 characters⟩ ⟨hidden: 40 characters⟩");
}

#[test]
fn the_body_of_a_private_key_is_hidden_and_a_command_behind_it_is_not() {
    let shown = text(PEM);
    assert_eq!(shown, "-----BEGIN PRIVATE KEY-----\n⟨hidden: 64 characters⟩\n-----END PRIVATE KEY-----");
    let escaped = format!("{{\"k\":\"{}\"}}", PEM.replace('\n', "\\n"));
    assert!(!text(&escaped).contains("MC4CAQAw"), "{}", text(&escaped));
    let trick = "cat <<E\n-----BEGIN PRIVATE KEY-----\nE\nrm -rf home\n-----END PRIVATE KEY-----";
    assert_eq!(text(trick), trick);
}

#[test]
fn what_a_shell_acts_upon_is_never_hidden() {
    for (given, stays) in [
        ("PASSWORD=$(rm -rf x)", "$(rm -rf x)"),
        ("PASSWORD=\"`rm -rf x`\"", "`rm -rf x`"),
        ("echo \"password='\" ; rm -rf x #'", "; rm -rf x #'"),
        ("token=abcdef0123;rm -rf x", ";rm -rf x"),
        ("A_KEY=abcdef0123|sh", "|sh"),
        ("A_KEY=abc\nrm -rf x", "\nrm -rf x"),
        ("curl -H 'Authorization: Bearer abcdef0123456789'; rm x", "; rm x"),
        ("tool --token $TOKEN", "--token $TOKEN"),
        ("https://u:$(rm x)@h", "$(rm x)@h"),
    ] {
        assert!(text(given).contains(stays), "{}", text(given));
    }
}

#[test]
fn ordinary_text_stays_as_it_is() {
    for given in [
        "rm -rf build",
        "git log --oneline -n 20 --author=ann",
        "git commit -m 'Rotate the token: see the notes'",
        "docker run -u 1000:1000 -v $PWD:/w alpine:3.20 ls",
        "docker build --secret id=npm,src=.npmrc .",
        "cd /work && PWD=/work ls",
        "grep -rn password src",
        "sort -k 2 --key=2",
        "const token = response.token;",
        "password: string;",
        "password = getpass(prompt)",
        "def login(user, password=None, token=token): pass",
        "max_tokens=4096, temperature: 0.5",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "task-force-one-is-a-long-name-with-hyphens",
        "SELECT * FROM t ORDER BY 'a'",
        "http://localhost:8080/a:b@c",
        "SSH_KEY=~/.ssh/id_ed25519.pub ssh h",
        "gh auth login --with-token < file",
        "docker login --password-stdin",
        "ssh user@host:22",
        "eyJ-eyJ-eyJ",
    ] {
        assert_eq!(text(given), given);
    }
}

#[test]
fn a_note_tells_the_length_only_of_what_is_long_and_is_not_hidden_again() {
    for given in ["A_TOKEN=short1", "A_TOKEN=muchlonger123 x", "tool --password 'a b c d e f'"] {
        let once = text(given);
        assert_ne!(once, given);
        assert_eq!(text(&once), once);
    }
    assert_eq!(text("A_TOKEN=12345678"), "A_TOKEN=⟨hidden⟩");
}

fn parsed(json: &serde_json::Value) -> Action {
    strict::parse(json.to_string().as_bytes()).unwrap()
}

#[test]
fn secrets_are_hidden_by_their_place_in_every_kind_of_action() {
    let rows = [
        json!({"kind":"shell","argv":["tool","--password","hunter2 $x;","-v"],"cwd":"/"}),
        json!({"kind":"shell","argv":["tool","--token=hunter2 $x;"],"cwd":"/"}),
        json!({"kind":"shell","argv":["/usr/bin/curl","-u","ann:hunter2 $x;"],"cwd":"/"}),
        json!({"kind":"shell","argv":["mysql","-phunter2 $x;"],"cwd":"/"}),
        json!({"kind":"shell","script":"PGPASSWORD=hunter2 psql","cwd":"/"}),
        json!({"kind":"file_edit","path":"/p/.env","change":{"content":"DB_PASSWORD=hunter2\n"}}),
        json!({"kind":"file_edit","path":"/p/a","change":{"replace":{"old":"password='x1'","new":"password='hunter2'","all":false}}}),
        json!({"kind":"sql","statement":"ALTER ROLE a PASSWORD 'hunter2'"}),
        json!({"kind":"sql","statement":"select 1","connection":"postgres://a:hunter2@h/d"}),
        json!({"kind":"http","method":"GET","url":"http://a:hunter2@h/"}),
        json!({"kind":"http","method":"GET","url":"http://h/","headers":[["X-API-Key","hunter2"],["Cookie","a=hunter2; b=hunter2"]]}),
        json!({"kind":"http","method":"GET","url":"http://h/","headers":[["Authorization","Bearer hunter2"]]}),
        json!({"kind":"http","method":"POST","url":"http://h/","body":"{\"password\":\"hunter2\"}"}),
        json!({"kind":"mcp","server":"s","tool":"t","arguments":{"api_key":"hunter2 $x;","n":{"secret":["hunter2",{"x":"hunter2"}]}}}),
        json!({"kind":"custom","title":"password=hunter2","payload":{"token":"hunter2","list":["--password hunter2"]}}),
    ];
    for row in rows {
        let original = parsed(&row);
        let hidden = action(&original);
        let text = serde_json::to_string(&hidden).unwrap();
        assert!(!text.contains("hunter2") && text.contains("⟨hidden"), "{text}");
        assert_eq!(hidden.kind(), original.kind());
        assert_eq!(action(&hidden), hidden, "{text}");
    }
}

#[test]
fn keys_that_are_tokens_are_hidden_and_none_is_lost() {
    let token = |c: char| format!("ghp_{}", c.to_string().repeat(36));
    let payload = json!({ token('a'): 1, token('b'): 2 });
    let hidden = action(&parsed(&json!({"kind":"custom","title":"t","payload":payload})));
    let Action::Custom(custom) = hidden else { panic!() };
    assert_eq!(custom.payload.as_object().unwrap().len(), 2);
    assert!(!custom.payload.to_string().contains("ghp_"));
}

#[test]
fn a_text_made_to_be_slow_is_not() {
    for piece in [
        "token=%",
        "token=/tmp/",
        "token=",
        "eyJ-",
        "eyJaaaaaaaaa.",
        "token: ",
        "://a:",
        "-----BEGIN ",
        "ghp_",
        "\"token\":\"",
        "a ",
    ] {
        let long = piece.repeat(400_000 / piece.len());
        assert!(!text(&format!("{long}(")).is_empty());
    }
}

proptest! {
    #[test]
    fn any_text_comes_out_without_a_panic(given in any::<String>(), mixed in "[a-zA-Z_:=/@ '\"$⟨éß\\n-]{0,200}") {
        let _ = text(&given);
        let _ = text(&mixed);
    }

    #[test]
    fn no_token_with_a_known_beginning_survives(
        before in "[ -~\n]{0,40}",
        after in "[ \n;'\"|].{0,40}",
        form in 0..tokens::FORMS.len(),
        body in "[A-Z0-9]{44}",
    ) {
        let form = &tokens::FORMS[form];
        let before = if form.anywhere { before } else { format!("{before} ") };
        let shown = text(&format!("{before}{}{body}{after}", form.prefix));
        prop_assert!(!shown.contains(&body), "{shown}");
    }
}

#[test]
fn what_is_hidden_is_told_once_each_for_comparing() {
    let body = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z";
    let told = |action: &serde_json::Value| {
        let action: Action = strict::parse(action.to_string().as_bytes()).unwrap();
        let found = secrets(&action);
        // What is hidden already holds none.
        assert!(secrets(&super::action(&action)).is_empty(), "{action:?}");
        found.iter().map(|secret| secret.to_string()).collect::<Vec<_>>()
    };
    let header = format!("Authorization: Bearer {body}");
    for action in [
        json!({ "kind": "shell", "cwd": "/p", "script": format!("curl -H '{header}' h; curl -H '{header}' i") }),
        json!({ "kind": "shell", "cwd": "/p", "argv": ["curl", "-H", header, "h"] }),
        json!({ "kind": "shell", "cwd": "/p", "argv": ["tool", "--token", body] }),
        json!({ "kind": "http", "method": "POST", "url": "http://h/", "headers": [["X-Api-Key", body]] }),
        json!({ "kind": "mcp", "server": "s", "tool": "t", "arguments": { "deep": { "token": body } } }),
        json!({ "kind": "sql", "statement": "select 1", "connection": format!("postgres://u:{body}@db/shop") }),
        json!({ "kind": "file_edit", "path": "/p/.env", "change": { "content": format!("DEPLOY_TOKEN={body}\n") } }),
        json!({ "kind": "custom", "title": "t", "payload": [{ "password": body }] }),
    ] {
        assert_eq!(told(&action), [body], "{action}");
    }
    assert!(told(&json!({ "kind": "shell", "cwd": "/p", "script": "rm -rf build $TOKEN" })).is_empty());
}
