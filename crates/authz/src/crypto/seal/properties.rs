//! What holds of every sealed token, not only of those in the tables.

use model::fuzzing::fuzz;
use model::id::{GrantId, UserId};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

fn sealer() -> Sealer {
    let sealer = Sealer::new(Arc::new(MasterKey::generate().unwrap().parse().unwrap()));
    sealer.replace_keys(vec![SealingKey { id: 1, usable_from: at(0) }]);
    sealer
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_seconds(second)
}

fn code(
    [username, client, scopes, nonce]: [&str; 4],
    challenge: Option<[u8; 32]>,
    key: Option<[u8; 32]>,
) -> Code<'_> {
    Code {
        grant: GrantId::new(at(10)),
        user: UserId(1),
        username,
        client,
        redirect_uri: "https://c.example/cb",
        scopes,
        audiences: "timetracker",
        challenge,
        issued_at: at(10),
        expires_at: at(20),
        authenticated_at: at(9),
        nonce: Some(nonce),
        openid: OpenId::default(),
        key: key.map(Thumbprint),
    }
}

fn opens(sealer: &Sealer, text: &str) -> bool {
    let mut buffers = [const { Vec::new() }; 3];
    let [code, refresh, access] = &mut buffers;
    sealer.open::<Code>(text, at(11), code).is_some()
        || sealer.open::<RefreshToken>(text, at(11), refresh).is_some()
        || sealer.open::<AccessToken>(text, at(11), access).is_some()
}

proptest! {
    #[test]
    fn what_was_sealed_opens_as_it_was(texts in prop::array::uniform4(r"\PC{0,20}"), challenge: Option<[u8; 32]>, key: Option<[u8; 32]>) {
        let sealer = sealer();
        let code = code(texts.each_ref().map(String::as_str), challenge, key);
        let text = sealer.seal(&code, at(10)).unwrap();
        let mut buffer = Vec::new();
        prop_assert_eq!(sealer.open::<Code>(&text, at(19), &mut buffer), Some(code));
        prop_assert!(sealer.open::<Code>(&text, at(20), &mut Vec::new()).is_none());
    }

    /// R34 and the row of section 2 on codes that could be re-targeted: there is no part to change.
    #[test]
    fn one_character_changed_and_nothing_opens(name in "[a-z]{0,9}", place: Index, put in "[A-Za-z0-9_-]|[.=+/ é]") {
        let sealer = sealer();
        let text = sealer.seal(&code([&name, "web", "read", "n"], None, None), at(10)).unwrap();
        let at = place.index(text.len());
        let changed = [&text[..at], put.as_str(), &text[at + 1..]].concat();
        prop_assume!(changed != text);
        prop_assert!(!opens(&sealer, &changed));
    }

    #[test]
    fn what_is_cut_or_grown_opens_nothing(name in "[a-z]{0,9}", place: Index, more in "[A-Za-z0-9_=-]{1,4}") {
        let sealer = sealer();
        let text = sealer.seal(&code([&name, "web", "read", "n"], None, None), at(10)).unwrap();
        prop_assert!(!opens(&sealer, &text[..place.index(text.len())]));
        prop_assert!(!opens(&sealer, &(text + &more)));
    }

    /// What is handed out opens again: what would be too long is not handed out.
    #[test]
    fn a_token_too_long_to_open_is_not_sealed(length in 0..5_000_usize) {
        let (sealer, name) = (sealer(), "n".repeat(length));
        match sealer.seal(&code([&name, "web", "read", "n"], None, None), at(10)) {
            Ok(text) => prop_assert!(opens(&sealer, &text)),
            Err(SealError) => prop_assert!(length > 2_000),
        }
    }
}

#[test]
fn fuzz_tokens() {
    let sealer = sealer();
    let ours = sealer.seal(&code(["ada", "web", "read", "n"], Some([7; 32]), None), at(10)).unwrap();
    let disguised = [ours.replacen("ttc_", "tta_", 1), ours.replacen("ttc_", "ttr_", 1)];
    fuzz(&[&ours, &disguised[0], &disguised[1], "ttc_AAAAAQ", "tta_", "ttr_AAAA"], |input| {
        let text = String::from_utf8_lossy(input);
        assert!(text == ours || !opens(&sealer, &text));
    });
}
