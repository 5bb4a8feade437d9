//! What a first start needs, laid down under what was said: two SQLite files and a master key in one folder.

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use authz::crypto::master::MasterKey;
use model::settings::Settings;

/// Any of the things that can go wrong before there is a server.
pub type Problem = Box<dyn Error + Send + Sync>;

/// The API's client id at the authorization server.
pub const API_CLIENT: &str = "timetracker-api";
/// The client id of its pages, with which people sign in there.
pub const PAGES_CLIENT: &str = "timetracker-pages";
/// The client id of the authorization server's own client, through which people sign up and in by requests.
pub const FIRST_PARTY_CLIENT: &str = "timetracker-first-party";

/// Both services' configurations, and what they share.
pub struct Both {
    /// Where everything is kept.
    pub folder: PathBuf,
    /// What listens: the port is known before the services are told who they are.
    pub listeners: Vec<TcpListener>,
    /// Where people and clients find both, without a trailing slash.
    pub public_url: String,
    /// For the authorization server.
    pub authz: authz::config::Config,
    /// For the API.
    pub api: timetracker_api::config::Config,
}

/// Decides. `STANDALONE_DIR` (`./var`), `STANDALONE_LISTEN` (`127.0.0.1:8000`) and `STANDALONE_PUBLIC_URL` are read
/// here; every setting of the two services is open as well.
///
/// # Errors
/// When the folder cannot be written, the address is taken, or a setting is wrong.
pub fn decide(variables: impl IntoIterator<Item = (String, String)>) -> Result<Both, Problem> {
    let variables: Vec<(String, String)> = variables.into_iter().collect();
    let mut own = Settings::new("STANDALONE_", variables.clone());
    let folder = own.or("DIR", PathBuf::from("var"), "the path of a folder");
    let listen =
        own.or("LISTEN", SocketAddr::from(([127, 0, 0, 1], 8000)), "an address such as 127.0.0.1:8000");
    let public_url = own.optional::<String>("PUBLIC_URL", "a URL");
    own.finish(Some(()))?;

    make_private_folder(&folder)?;
    let key = master_key(&folder.join("secret.key"))?;
    let listeners = listen_on(listen)?;
    let address = listeners.first().map_or(Ok(listen), TcpListener::local_addr)?;
    let public_url = public_url.map(|url| url.trim_end_matches('/').to_owned());
    let public_url = public_url.unwrap_or_else(|| format!("http://localhost:{}", address.port()));
    let database = |name: &str| format!("sqlite://{}", folder.join(name).display());

    let mut said = Settings::new("AUTHZ_", variables.clone());
    let file = folder.join("authz.toml");
    said.default_to("DATABASE_URL", database("authz.db"));
    said.default_to("ISSUER", format!("{public_url}/o"));
    said.default_to("SECRET_KEY", key);
    said.default_to("APP_URL", format!("{public_url}/time/sign-in/"));
    said.default_to("FIRST_PARTY_CLIENT", FIRST_PARTY_CLIENT);
    said.default_to("COMMAND", format!("AUTHZ_CONFIG={} authz", file.display()));
    let authz = authz::config::Config::from_settings(said);

    let secret = |of: &str| {
        authz
            .as_ref()
            .map(|authz| authz.secret_key.mac_key("standalone API client").tag(&[of]))
            .unwrap_or_default()
    };
    let issuer =
        authz.as_ref().map_or_else(|_| format!("{public_url}/o"), |authz| authz.issuer.as_str().to_owned());
    let mut said = Settings::new("TIMETRACKER_", variables);
    said.default_to("DATABASE_URL", database("timetracker.db"));
    said.default_to("PUBLIC_URL", public_url.clone());
    said.default_to("ISSUER", issuer);
    said.default_to("INTROSPECTION_URL", format!("http://{}/o/introspect/", reachable(address)));
    said.default_to("CLIENT_ID", API_CLIENT);
    said.default_to("CLIENT_SECRET", secret(API_CLIENT));
    said.default_to("SIGN_IN_CLIENT_ID", PAGES_CLIENT);
    said.default_to("SIGN_IN_CLIENT_SECRET", secret(PAGES_CLIENT));
    let api = timetracker_api::config::Config::from_settings(said);
    let (authz, api) = match (authz, api) {
        (Ok(authz), Ok(api)) => (authz, api),
        (Err(first), Err(second)) => return Err(format!("{first}\n{second}").into()),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => return Err(error.into()),
    };
    if database("authz.db").parse().as_ref() == Ok(&authz.database_url) {
        describe(&file, &folder, authz.issuer.as_str())?;
    }
    Ok(Both { folder, listeners, public_url, authz, api })
}

/// What the program `authz` needs to administer what runs here, for `AUTHZ_CONFIG`. Written once, like the key.
fn describe(file: &Path, folder: &Path, issuer: &str) -> Result<(), Problem> {
    if file.exists() {
        return Ok(());
    }
    let folder = folder.canonicalize()?;
    let folder = folder.display();
    let text = format!(
        "database_url = \"sqlite://{folder}/authz.db\"\nissuer = \"{issuer}\"\nsecret_key_file = \"{folder}/secret.key\"\n"
    );
    write_private(file, &text)
}

/// A loopback address is listened on in both families, because `localhost` may mean either.
fn listen_on(address: SocketAddr) -> Result<Vec<TcpListener>, Problem> {
    let taken = |error| format!("cannot listen on {address}: {error}; choose another with STANDALONE_LISTEN");
    let first = TcpListener::bind(address).map_err(taken)?;
    let port = first.local_addr()?.port();
    let mut listeners = vec![first];
    if address.ip() == Ipv4Addr::LOCALHOST {
        // A machine without IPv6 does without.
        listeners.extend(TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))));
    }
    Ok(listeners)
}

/// Where this machine reaches what listens on `address`: one that means "all" is no address to go to.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            Ipv4Addr::LOCALHOST.into()
        } else {
            Ipv6Addr::LOCALHOST.into()
        });
    }
    address
}

/// The databases in it are for nobody else to read.
fn make_private_folder(folder: &Path) -> Result<(), Problem> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| format!("{}: {error}", folder.display()).into())
}

/// The key in `file`, made on first start and readable by its owner only.
fn master_key(file: &Path) -> Result<String, Problem> {
    match fs::read_to_string(file) {
        Ok(key) => return Ok(key.trim().to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(format!("{}: {error}", file.display()).into()),
    }
    let key = MasterKey::generate()?;
    write_private(file, &key)?;
    Ok(key)
}

/// Writes a new file that only its owner can read.
///
/// # Errors
/// When it exists already or cannot be written.
pub fn write_private(file: &Path, text: &str) -> Result<(), Problem> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut open = options.open(file).map_err(|error| format!("{}: {error}", file.display()))?;
    open.write_all(text.as_bytes())?;
    open.sync_all()?;
    Ok(())
}
