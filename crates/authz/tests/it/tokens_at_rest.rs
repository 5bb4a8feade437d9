//! What a copy of the database tells: nothing one could use.

use model::db::DatabaseUrl;

use crate::support::{AuthorizationRequest, TestServer, password_of, server, server_with_mail};

const TABLES: &[&str] = &[
    "users",
    "clients",
    "sessions",
    "grants",
    "revocations",
    "sealing_keys",
    "signing_keys",
    "user_groups",
    "registration_tokens",
    "client_registrations",
    "session_clients",
    "logout_deliveries",
    "consents",
    "attempts",
    "audit_events",
    "device_codes",
    "used_ids",
    "decisions",
    "personal_keys",
    "verified_emails",
    "mail_links",
    "outgoing_mail",
];

/// Every byte of the database: the SQLite file and its log, or every row of every table as text.
async fn everything(server: &TestServer) -> Vec<u8> {
    match server.database().url() {
        DatabaseUrl::Sqlite(path) => {
            let mut bytes = Vec::new();
            for suffix in ["", "-wal", "-shm"] {
                let mut name = path.clone().into_os_string();
                name.push(suffix);
                bytes.extend(std::fs::read(name).unwrap_or_default());
            }
            bytes
        }
        DatabaseUrl::Postgres(_) => {
            use diesel::RunQueryDsl;
            #[derive(diesel::QueryableByName)]
            struct Line {
                #[diesel(sql_type = diesel::sql_types::Text)]
                line: String,
            }
            let mut bytes = Vec::new();
            for table in TABLES {
                // A row's text writes bytes as hex: both forms are looked for.
                let query = format!("SELECT t::text AS line FROM {table} t");
                let lines: Vec<Line> =
                    server.app().db.read(move |conn| diesel::sql_query(query).load(conn)).await.unwrap();
                bytes.extend(lines.iter().flat_map(|line| line.line.bytes()));
            }
            bytes
        }
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// R73, R169, section 2 nos. 36 (DOT #1799) and 43 of the dossier
#[tokio::test]
async fn no_secret_of_a_whole_scenario_is_in_the_database() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.browser();
    browser.get("/accounts/login/").await;
    let first_cookie = browser.cookie();
    browser.try_sign_up("ada", &password_of("ada")).await.location();
    let request = AuthorizationRequest::of(&client);
    let csrf = browser.asked(&request).await.field("csrf_token").unwrap().to_owned();
    let code = browser.allow(&request).await;
    let bought = client.redeem(&code).await;
    let renewed = client.refresh(&bought.text("refresh_token")).await;
    let own = client.client_credentials().await.text("access_token");
    client.revoke(&own).await;
    client.revoke(&renewed.text("access_token")).await;
    let (begun, entered) = (client.device().await, client.device().await);
    browser.enters("BCDF-GHJK").await;
    browser.allows(&entered).await;
    let by_device = client.poll(&entered).await;
    let rotated = client.rotate_secret(&server).await;
    let by_password = client.password("ada", &password_of("ada")).await;
    let own_key = crate::keys::made(&browser, "Backups", &["read"]).await;
    let named = [("username", "ada"), ("password", &password_of("ada"))];
    let key_by_password = server.http.send_form("/get_auth_token/", &named).await.text("token");
    let key = server.settings.iter().find(|(name, _)| name == "AUTHZ_SECRET_KEY").unwrap().1.clone();
    let mut secrets = vec![
        first_cookie,
        browser.cookie(),
        csrf,
        code.code,
        code.verifier,
        own,
        client.secret.unwrap(),
        rotated.secret.unwrap(),
        password_of("ada"),
        key,
        begun.device_code,
        entered.device_code,
        own_key,
        key_by_password,
    ];
    for answer in [&bought, &renewed, &by_password, &by_device] {
        secrets.extend([answer.text("access_token"), answer.text("refresh_token")]);
    }
    let bytes = everything(&server).await;
    assert!(contains(&bytes, b"ada") && contains(&bytes, b"https://client.example/cb"), "nothing was read");
    for code in [&begun.user_code, &entered.user_code, &entered.user_code.replace('-', "")] {
        assert!(!contains(&bytes, code.as_bytes()), "{code}");
    }
    for secret in secrets {
        let hex = secret.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        assert!(secret.len() > 20);
        // Neither whole nor its telling part: prefixes and key ids are no secret.
        for part in [secret.as_str(), &secret[secret.len() - 16..], &hex] {
            assert!(!contains(&bytes, part.as_bytes()), "{part}");
        }
    }
}

/// R121, R169: of a link there is the hash of its token; and what somebody typed who forgot their password, perhaps another one, is
/// sealed.
#[tokio::test]
async fn no_token_of_a_mailed_link_is_in_the_database() {
    let (server, mailbox) = server_with_mail().await;
    server.person_at("ada", "ada@example.com").await;
    let browser = server.browser();
    let shown = browser.get("/accounts/password/reset/").await.form("reset-form");
    for typed in ["ada", "typed into the wrong field"] {
        browser.submit(&shown.clone().with("account", typed)).await.is_page(200);
    }
    let token = mailbox.last_to(&server, "ada@example.com").await.token();
    let bytes = everything(&server).await;
    assert!(contains(&bytes, b"ada@example.com"), "nothing was read");
    for secret in [token.as_str(), &token[token.len() - 16..], "typed into the wrong field"] {
        assert!(!contains(&bytes, secret.as_bytes()), "{secret}");
    }
}

/// Issuing is free: nothing is written. (10^6 of them leave the database as large as it was.)
#[tokio::test]
async fn tokens_leave_the_database_as_large_as_it_was() {
    let server = server().await;
    let client = server.client("web").await;
    client.client_credentials().await;
    authz::server::write_audit(server.app()).await;
    let rows = async |table: &str| server.count(table).await;
    let mut before = Vec::new();
    for table in TABLES {
        before.push(rows(table).await);
    }
    for _ in 0..1_000 {
        let token = client.client_credentials().await.text("access_token");
        assert!(client.vouches_for(&token).await);
    }
    authz::server::write_audit(server.app()).await;
    for (table, before) in TABLES.iter().zip(before) {
        let more = rows(table).await - before;
        // The log says how many there were, in a row a second or so.
        let allowed = if *table == "audit_events" { 1..500 } else { 0..1 };
        assert!(allowed.contains(&more), "{table}: {more} rows more");
    }
}

/// A copy of the database is worth nothing without the master key.
#[tokio::test]
async fn another_master_key_opens_nothing() {
    let server = server().await;
    let client = server.client("web").await;
    let browser = server.signed_in("ada").await;
    let (access, refresh) = browser.tokens_for(&client).await;
    let code = browser.code_for(&client).await;
    let copy = server.second_with_another_key().await;
    let client = client.at(&copy);
    assert!(!client.vouches_for(&access).await);
    client.refresh(&refresh).await.is_error(400, "invalid_grant");
    client.redeem(&code).await.is_error(400, "invalid_grant");
    client.password("ada", &password_of("ada")).await.is_error(400, "invalid_grant");
    let shown = browser.at(&copy).get("/").await.form("sign-out-form");
    let elsewhere = browser.get("/").await.form("sign-out-form");
    assert_ne!(shown.fields, elsewhere.fields);
}
