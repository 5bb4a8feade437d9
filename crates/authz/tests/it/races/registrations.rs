//! Everybody who may change a client, at once.

use authz::app::App;
use authz::audit::Origin;
use authz::registration::developer::{self, Application};
use authz::registration::{self, Kind, Owner, Refused, Registration};
use authz::self_registration;
use authz::store::clients::{self, Client};
use model::id::UserId;

use super::{MANY, one_and_two};
use crate::support::{CALLBACK, TestServer};

const ID: &str = "contested";

/// What each of them changes: members of their own, and one that two of them share.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// An administrator changes how long tokens last.
    Administrator(u64),
    /// The owner changes the scopes, and the name.
    Owner(usize),
    /// The client itself changes how to reach somebody, and the name (RFC 7592).
    Itself(usize),
}

const SCOPES: [&[&str]; 3] = [&["read"], &["write"], &["read", "write"]];

impl Change {
    fn numbered(number: usize) -> Self {
        match number % 3 {
            0 => Self::Administrator(60 + number as u64),
            1 => Self::Owner(number),
            _ => Self::Itself(number),
        }
    }

    async fn make(self, app: &App) -> Result<Client, Refused> {
        let origin = Origin::CommandLine(None);
        match self {
            Self::Administrator(seconds) => {
                let changes = format!(r#"{{"access_token_ttl_seconds":{seconds}}}"#);
                registration::change_metadata(app, &origin, ID, &changes).await
            }
            Self::Owner(number) => {
                let owner = Owner { id: UserId(1), since: app.now() };
                let wanted = Application {
                    name: format!("The owner's {number}"),
                    kind: Kind::Confidential,
                    grant_types: vec!["authorization_code".to_owned()],
                    redirect_uris: vec![CALLBACK.to_owned()],
                    scopes: scopes(number),
                };
                developer::change(app, &origin, owner, ID, wanted).await
            }
            Self::Itself(number) => {
                let before = read(app).await;
                let contacts = format!(r#"{{"contacts":["{number}"]}}"#);
                let wanted = Registration {
                    id: None,
                    name: format!("Its own {number}"),
                    kind: Kind::Confidential,
                    grant_types: vec!["authorization_code".to_owned()],
                    redirect_uris: vec![CALLBACK.to_owned()],
                    scopes: before.scopes.iter().map(str::to_owned).collect(),
                    audiences: Vec::new(),
                    introspects: Vec::new(),
                    secret: None,
                    metadata: before.metadata.changed_by(&contacts).unwrap(),
                };
                self_registration::replace(app, &origin, &before, wanted).await.map(|made| made.client)
            }
        }
    }

    /// What is to be seen of a client once the change is made to it.
    fn expect(self, seen: &mut Seen) {
        match self {
            Self::Administrator(seconds) => seen.seconds = Some(seconds),
            Self::Owner(number) => {
                seen.name = format!("The owner's {number}");
                seen.scopes = scopes(number).join(" ");
            }
            Self::Itself(number) => {
                seen.name = format!("Its own {number}");
                seen.contacts = vec![number.to_string()];
            }
        }
    }
}

fn scopes(number: usize) -> Vec<String> {
    SCOPES[number % SCOPES.len()].iter().map(|&scope| scope.to_owned()).collect()
}

#[derive(Debug, PartialEq)]
struct Seen {
    seconds: Option<u64>,
    name: String,
    scopes: String,
    contacts: Vec<String>,
}

impl Seen {
    fn of(client: &Client) -> Self {
        Self {
            seconds: client.metadata.access_token_ttl_seconds,
            name: client.name.clone(),
            scopes: client.scopes.as_str().to_owned(),
            contacts: client.metadata.contacts.clone(),
        }
    }
}

async fn read(app: &App) -> Client {
    app.db.read(|conn| clients::find(conn, ID)).await.unwrap().unwrap()
}

/// Tries a few times each; the changes that were made, with what the client was then counted as.
async fn at_once(servers: &[TestServer]) -> Vec<(i64, Change)> {
    let trying: Vec<_> = (0..MANY)
        .map(|number| {
            let app = servers[number % servers.len()].app().clone();
            tokio::spawn(async move {
                let mut made = Vec::new();
                for round in 0..4 {
                    let change = Change::numbered(number + MANY * round);
                    match change.make(&app).await {
                        Ok(client) => made.push((client.version, change)),
                        Err(Refused::Changed) => {}
                        Err(refused) => panic!("{change:?}: {refused}"),
                    }
                }
                made
            })
        })
        .collect();
    let mut made = Vec::new();
    for each in trying {
        made.extend(each.await.unwrap());
    }
    made.sort_by_key(|(version, _)| *version);
    made
}

/// C6, R3: each change is made to what the one before has left, or refused; none is lost, whoever made it.
#[tokio::test]
async fn of_changes_by_everybody_at_once_each_is_made_or_refused_and_none_is_lost() {
    for servers in one_and_two(&[]).await {
        servers[0].person("ada").await;
        servers[0].new_client(ID).id(Some(ID)).grant_types(&["authorization_code"]).register().await;
        servers[0].sql("UPDATE clients SET user_id = 1").await;
        let before = read(servers[0].app()).await;
        let made = at_once(&servers).await;
        let after = read(servers[0].app()).await;
        // Each is the next of the one before.
        let counted: Vec<i64> = made.iter().map(|(version, _)| *version).collect();
        assert_eq!(counted, (before.version + 1..=after.version).collect::<Vec<_>>());
        assert!(!made.is_empty());
        let mut seen = Seen::of(&before);
        for (_, change) in &made {
            change.expect(&mut seen);
        }
        assert_eq!(Seen::of(&after), seen);
        assert_eq!((after.user_id, after.secret_hash), (Some(UserId(1)), before.secret_hash));
        let told = servers[0].count("audit_events WHERE event = 'client_changed'").await;
        assert_eq!(usize::try_from(told).unwrap(), made.len());
    }
}

/// What was read is what is changed: an owner's change and a new secret are not undone by a replacement that was begun
/// before.
#[tokio::test]
async fn a_replacement_of_what_has_changed_since_it_was_read_is_refused() {
    let server = crate::support::server().await;
    server.person("ada").await;
    let client = server.new_client(ID).grant_types(&["authorization_code"]).register().await;
    server.sql("UPDATE clients SET user_id = 1").await;
    let origin = Origin::CommandLine(None);
    for change in ["owner", "secret"] {
        let before = read(server.app()).await;
        let wanted = Registration {
            id: None,
            name: "Its own".to_owned(),
            kind: Kind::Confidential,
            grant_types: vec!["authorization_code".to_owned()],
            redirect_uris: vec![CALLBACK.to_owned()],
            scopes: Vec::new(),
            audiences: Vec::new(),
            introspects: Vec::new(),
            secret: None,
            metadata: (*before.metadata).clone(),
        };
        if change == "owner" {
            Change::Owner(1).make(server.app()).await.unwrap();
        } else {
            client.rotate_secret(&server).await;
        }
        let refused = self_registration::replace(server.app(), &origin, &before, wanted).await;
        assert!(matches!(refused, Err(Refused::Changed)), "{change}");
    }
    assert_eq!(read(server.app()).await.name, "The owner's 1");
}
