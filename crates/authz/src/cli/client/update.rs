//! `authz client update`

use clap::Args;

use super::said::{described, lines};
use crate::app::App;
use crate::audit::Origin;
use crate::cli::{Outcome, Report};
use crate::registration::{self, Changes, ListChange};

#[derive(Args)]
pub(in crate::cli) struct Update {
    /// The client id.
    id: String,
    #[command(flatten)]
    wanted: Wanted,
}

// What is not named stays. No comment for the help: it would be said of the command.
#[derive(Args)]
#[group(required = true, multiple = true)]
struct Wanted {
    /// What people are shown when it asks for access.
    #[arg(long)]
    name: Option<String>,
    /// The grant types it may use, in place of those it has.
    #[arg(long = "grant-type", value_name = "TYPE")]
    grant_types: Vec<String>,
    /// A grant type it may use besides.
    #[arg(long = "add-grant-type", value_name = "TYPE")]
    add_grant_types: Vec<String>,
    /// A grant type it may use no more.
    #[arg(long = "remove-grant-type", value_name = "TYPE")]
    remove_grant_types: Vec<String>,
    /// Where answers may be sent, in place of where they may be now.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where answers may be sent besides.
    #[arg(long = "add-redirect-uri", value_name = "URI")]
    add_redirect_uris: Vec<String>,
    /// Where answers may be sent no more.
    #[arg(long = "remove-redirect-uri", value_name = "URI")]
    remove_redirect_uris: Vec<String>,
    /// The scopes it may ask for, in place of those it may.
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// A scope it may ask for besides.
    #[arg(long = "add-scope", value_name = "SCOPE")]
    add_scopes: Vec<String>,
    /// A scope it may ask for no more.
    #[arg(long = "remove-scope", value_name = "SCOPE")]
    remove_scopes: Vec<String>,
    /// Whom its tokens are for, in place of whom they are for now.
    #[arg(long = "audience", value_name = "AUDIENCE")]
    audiences: Vec<String>,
    /// Whom its tokens are for besides.
    #[arg(long = "add-audience", value_name = "AUDIENCE")]
    add_audiences: Vec<String>,
    /// Whom its tokens are for no more.
    #[arg(long = "remove-audience", value_name = "AUDIENCE")]
    remove_audiences: Vec<String>,
    /// The audiences it answers for as a resource server, in place of those it does.
    #[arg(long = "introspects", value_name = "AUDIENCE")]
    introspects: Vec<String>,
    /// An audience it answers for besides.
    #[arg(long = "add-introspects", value_name = "AUDIENCE")]
    add_introspects: Vec<String>,
    /// An audience it answers for no more.
    #[arg(long = "remove-introspects", value_name = "AUDIENCE")]
    remove_introspects: Vec<String>,
    /// Whose it is, by the name to sign in with.
    #[arg(long, conflicts_with = "no_owner")]
    owner: Option<String>,
    /// It is nobody's: no developer page shows it.
    #[arg(long)]
    no_owner: bool,
    /// A JSON object of metadata; what it does not name stays, and null brings a member's default back.
    #[arg(long)]
    metadata: Option<String>,
}

impl From<Wanted> for Changes {
    fn from(wanted: Wanted) -> Self {
        let list = |instead, also, without| ListChange { instead, also, without };
        Self {
            name: wanted.name,
            grant_types: list(wanted.grant_types, wanted.add_grant_types, wanted.remove_grant_types),
            redirect_uris: list(wanted.redirect_uris, wanted.add_redirect_uris, wanted.remove_redirect_uris),
            scopes: list(wanted.scopes, wanted.add_scopes, wanted.remove_scopes),
            audiences: list(wanted.audiences, wanted.add_audiences, wanted.remove_audiences),
            introspects: list(wanted.introspects, wanted.add_introspects, wanted.remove_introspects),
            owner: if wanted.no_owner { Some(None) } else { wanted.owner.map(Some) },
            metadata: wanted.metadata,
        }
    }
}

pub(super) async fn run(app: &App, origin: &Origin, update: Update) -> Outcome {
    let client = registration::update(app, origin, &update.id, &update.wanted.into()).await?;
    Ok(Report { text: lines(&client), json: described(&client) })
}
