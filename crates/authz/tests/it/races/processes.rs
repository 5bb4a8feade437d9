//! The same between programs: two processes on one database, and everything but the last byte of each request there
//! before any of them is whole.

use authz::crypto::seal::RefreshToken;
use reqwest::RequestBuilder;

use super::assertions::let_in;
use super::{MANY, winners};
use crate::authorize::once::code_in;
use crate::support::{
    Answer, AuthorizationRequest, Browser, Client, Held, Http, Process, Signer, TestServer, assertion,
    eventually, password_of, server_on_real_time,
};

/// How often each race is run.
const ROUNDS: usize = 5;

/// What the processes are told besides. The registrar has the same settings.
const SETTINGS: &[(&str, &str)] = &[];

/// Two processes, and the database they share, to which people and clients come by another way.
struct Pair {
    processes: [Process; 2],
    /// Kept last: it owns the database.
    registrar: TestServer,
}

impl Pair {
    async fn with(settings: &[(&str, &str)]) -> Self {
        let registrar = server_on_real_time(&[SETTINGS, settings].concat()).await;
        Self { processes: [Process::beside(&registrar), Process::beside(&registrar)], registrar }
    }

    /// Many requests at once, every other one to the other process.
    async fn at_once(&self, request: impl Fn(&Http) -> RequestBuilder) -> Vec<Answer> {
        let places = self.processes.iter().cycle().take(MANY);
        Held::new(places.map(|process| request(&process.http))).await.release().await
    }

    /// The client at either process.
    fn both(&self, client: &Client) -> [Client; 2] {
        self.processes.each_ref().map(|process| client.reached_by(&process.http))
    }

    /// Neither process honours a refresh token from now on, nor, when it has heard of it, an access token.
    async fn is_dead(&self, client: &Client, access: &str, refresh: &str) {
        for client in self.both(client) {
            client.refresh(refresh).await.is_error(400, "invalid_grant");
            eventually("the token is dead", || async { !client.vouches_for(access).await }).await;
        }
    }
}

/// C1, R29: exactly one wins; the others were replays, so that what the winner got is dead in both processes.
#[tokio::test]
async fn of_many_redemptions_at_two_processes_exactly_one_wins_and_its_grant_ends() {
    let pair = Pair::with(&[]).await;
    let client = pair.registrar.client("web").await;
    let browser = pair.registrar.signed_in("ada").await;
    for _ in 0..ROUNDS {
        let code = browser.code_for(&client).await;
        let answers = pair.at_once(|http| client.reached_by(http).redeeming(&code)).await;
        let [winner] = winners(&answers)[..] else { panic!("{} winners", winners(&answers).len()) };
        pair.is_dead(&client, &winner.text("access_token"), &winner.text("refresh_token")).await;
    }
}

/// C2, R54, R62: without an overlap exactly one wins, and the others' reuse ends the family in both processes.
#[tokio::test]
async fn of_many_refreshes_at_two_processes_exactly_one_wins_and_the_family_ends() {
    let pair = Pair::with(&[("REFRESH_OVERLAP_SECONDS", "0")]).await;
    let client = pair.registrar.client("web").await;
    let browser = pair.registrar.signed_in("ada").await;
    for _ in 0..ROUNDS {
        let (access, refresh) = browser.tokens_for(&client).await;
        let answers = pair.at_once(|http| client.reached_by(http).refreshing(&refresh)).await;
        let [winner] = winners(&answers)[..] else { panic!("{} winners", winners(&answers).len()) };
        pair.is_dead(&client, &winner.text("access_token"), &winner.text("refresh_token")).await;
        pair.is_dead(&client, &access, &refresh).await;
    }
}

/// C2, R55, R62: within the overlap all win, each a generation of its own, and only the last of them lives.
#[tokio::test]
async fn of_many_refreshes_at_two_processes_within_the_overlap_one_successor_lives() {
    let pair = Pair::with(&[]).await;
    let client = pair.registrar.client("web").await;
    let browser = pair.registrar.signed_in("ada").await;
    for _ in 0..ROUNDS {
        let (_, refresh) = browser.tokens_for(&client).await;
        let answers = pair.at_once(|http| client.reached_by(http).refreshing(&refresh)).await;
        let successors: Vec<String> =
            winners(&answers).iter().map(|answer| answer.text("refresh_token")).collect();
        assert_eq!(successors.len(), MANY, "a lost answer signs nobody out");
        let generation = |token: &String| {
            let (app, mut buffer) = (pair.registrar.app(), Vec::new());
            app.sealer.open::<RefreshToken>(token, app.now(), &mut buffer).unwrap().generation
        };
        let mut generations: Vec<i64> = successors.iter().map(generation).collect();
        generations.sort_unstable();
        let first = generations[0];
        assert_eq!(generations, (first..).take(MANY).collect::<Vec<_>>());
        let live = successors.iter().max_by_key(|token| generation(token)).unwrap();
        let unseen = successors.iter().min_by_key(|token| generation(token)).unwrap();
        let [here, there] = pair.both(&client);
        let next = here.refresh(live).await;
        assert_eq!(next.status, 200, "{next:?}");
        there.refresh(unseen).await.is_error(400, "invalid_grant");
        pair.is_dead(&client, &next.text("access_token"), &next.text("refresh_token")).await;
    }
}

/// C8, R44: an assertion is used once, and a restart forgets nothing.
#[tokio::test]
async fn of_many_uses_of_one_assertion_at_two_processes_exactly_one_is_let_in() {
    let mut pair = Pair::with(&[]).await;
    let signer = Signer::new("ES256", "k1");
    let fields = [("grant_type", "client_credentials")];
    let mut used = Vec::new();
    for round in 0..ROUNDS {
        let client = pair.registrar.key_client(&format!("web{round}"), &signer).await;
        let text = signer.sign(&assertion(&client, pair.registrar.clock.now()));
        let answers = pair.at_once(|http| client.reached_by(http).proving("/o/token/", &text, &fields)).await;
        assert_eq!(let_in(&answers), 1);
        used.push((client, text));
    }
    pair.processes = [Process::beside(&pair.registrar), Process::beside(&pair.registrar)];
    for (client, text) in used {
        for client in pair.both(&client) {
            client.prove("/o/token/", &text, &fields).await.is_error(401, "invalid_client");
        }
    }
}

/// C5, R88: a device's code, allowed and refused and asked for at once: one decision, which both processes tell from
/// then on, and one set of tokens at most.
#[tokio::test]
async fn of_many_decisions_and_polls_at_two_processes_one_decision_comes() {
    let pair = Pair::with(&[]).await;
    let client = pair.registrar.client("tv").await;
    for round in 0..ROUNDS {
        let browser = pair.registrar.signed_in(&format!("ada{round}")).await;
        let device = client.device().await;
        let question = browser.enters(&device.user_code).await.form("device-question-form");
        let places = pair.processes.iter().cycle().take(MANY).enumerate();
        let requests: Vec<_> = places
            .map(|(number, process)| match number % 8 {
                0 | 5 => {
                    let decision = if (number + round) % 16 < 8 { "allow" } else { "refuse" };
                    let form = question.clone().with("decision", decision);
                    browser.reached_by(&process.http).posting(&form)
                }
                _ => client.reached_by(&process.http).polling(&device),
            })
            .collect();
        let answers = Held::new(requests).await.release().await;
        let (pages, polls): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.header("content-type") != Some("application/json"));
        let mut told: Vec<_> = pages.into_iter().filter_map(|page| page.element("main h1")).collect();
        told.retain(|heading| heading != "Connect a device");
        told.sort();
        told.dedup();
        let winners: Vec<_> = polls.iter().filter(|answer| answer.status == 200).collect();
        let [here, there] = pair.both(&client);
        let last = here.poll(&device).await;
        if told == ["You refused"] {
            assert_eq!(winners.len(), 0);
            last.is_error(400, "access_denied");
            there.poll(&device).await.is_error(400, "access_denied");
        } else {
            assert_eq!(told, ["Go back to your device"]);
            assert_eq!(winners.len() + usize::from(last.status == 200), 1);
            there.poll(&device).await.is_error(400, "invalid_grant");
            let access = winners.first().map_or(&last, |winner| winner).text("access_token");
            assert!(there.vouches_for(&access).await);
        }
    }
}

/// C4, R124: one person per name, however it is written; the others are told, and nobody is told anything else.
#[tokio::test]
async fn of_many_who_want_one_name_at_two_processes_exactly_one_gets_it() {
    let pair = Pair::with(&[]).await;
    for round in 1..=ROUNDS {
        let mut wanting = Vec::new();
        for (number, process) in pair.processes.iter().cycle().take(MANY).enumerate() {
            let browser = Browser::new(&process.http);
            let name = spelled(&format!("ada{round}"), number);
            let form = browser.get("/accounts/signup/").await.form("signup-form");
            wanting
                .push(browser.posting(&form.with("username", &name).with("password", &password_of("any"))));
        }
        let answers = Held::new(wanting).await.release().await;
        let (welcome, told): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 303);
        assert_eq!(welcome.len(), 1);
        for answer in told {
            answer.is_page(200);
            let told = answer.element("username-error");
            assert_eq!(told.as_deref(), Some("This name is taken. Choose another."));
        }
        assert_eq!(pair.registrar.count("users").await, i64::try_from(round).unwrap());
    }
}

/// C7: an answer and a sign-in, each sent many times: both processes give the one code and the one session there is.
#[tokio::test]
async fn of_many_times_that_a_form_is_sent_to_two_processes_one_counts() {
    let pair = Pair::with(&[("WRONG_PASSWORDS_PER_MINUTE", "0")]).await;
    let client = pair.registrar.client("web").await;
    pair.registrar.person("ada").await;
    let browser = pair.registrar.browser();
    for round in 1..=ROUNDS {
        let form = browser.get("/accounts/login/").await.form("login-form");
        let form = form.with("username", "ada").with("password", &password_of("ada"));
        let answers = pair.at_once(|http| browser.reached_by(http).posting(&form)).await;
        let mut cookies: Vec<&str> = answers
            .iter()
            // Not so many passwords are looked at at once: they might all be wrong.
            .filter(|answer| answer.status == 303)
            .map(|answer| answer.set_cookies()[0])
            .collect();
        cookies.dedup();
        let [cookie] = cookies[..] else { panic!("{cookies:?}") };
        browser.set_cookie("authz_session", cookie.split(['=', ';']).nth(1).unwrap());
        assert_eq!(pair.registrar.count("sessions").await, 1);

        let request = AuthorizationRequest::of(&client).with("prompt", "consent");
        let form = browser.asked(&request).await.with("decision", "allow");
        let answers = pair.at_once(|http| browser.reached_by(http).posting(&form)).await;
        let code = code_in(&answers[0], &request);
        for answer in &answers {
            assert_eq!(answer.location(), answers[0].location());
        }
        assert_eq!(client.redeem(&code).await.status, 200);
        assert_eq!(pair.registrar.count("grants").await, i64::try_from(round).unwrap());
    }
}

/// One of the ways to write a name: small and large letters by the bits of a number, and wide ones.
fn spelled(name: &str, number: usize) -> String {
    let wide = |letter: char| char::from_u32(u32::from(letter) + 0xFEE0).unwrap();
    let large = |(place, letter): (usize, char)| {
        let letter = if number >> (place % 3) & 1 == 1 { letter.to_ascii_uppercase() } else { letter };
        if number & 8 == 8 { wide(letter) } else { letter }
    };
    name.chars().enumerate().map(large).collect()
}
