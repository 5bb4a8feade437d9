use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Providers, String> {
    let pairs = pairs.iter().map(|(name, value)| (format!("AUTHZ_{name}"), (*value).to_owned()));
    let mut said = Settings::new("AUTHZ_", pairs);
    let providers = Providers::read(&mut said, true);
    said.finish(Some(providers)).map_err(|error| error.to_string())
}

#[test]
fn a_well_known_provider_needs_only_an_id_and_a_secret() {
    for name in Preset::names().split(", ") {
        let key = |member: &str| format!("PROVIDER_{}_{member}", name.to_uppercase());
        let (id, secret) = (key("CLIENT_ID"), key("CLIENT_SECRET"));
        let providers = read(&[("PROVIDERS", name), (&id, "ours"), (&secret, "s3cret")]).unwrap();
        let provider = providers.find(name).unwrap();
        assert!(provider.has_button() && !provider.needs_username() && provider.signup, "{name}");
        assert!(!format!("{provider:?}").contains("s3cret"));
    }
}

#[test]
fn one_of_ones_own_says_where_it_is_and_what_its_members_mean() {
    let providers = read(&[
        ("PROVIDERS", "my-id fake_social_site"),
        ("PROVIDER_MY_ID_ISSUER", "https://id.example.com/o"),
        ("PROVIDER_MY_ID_CLIENT_ID", "a"),
        ("PROVIDER_MY_ID_TITLE", "Our house"),
        ("PROVIDER_MY_ID_SIGNUP", "false"),
        ("PROVIDER_FAKE_SOCIAL_SITE_PROFILE_URL", "http://127.0.0.1:8001/by_name/{username}/"),
        ("PROVIDER_FAKE_SOCIAL_SITE_CLIENT_ID", "b"),
        ("PROVIDER_FAKE_SOCIAL_SITE_PROFILE", "username= name=data.shown"),
        ("PROVIDER_FAKE_SOCIAL_SITE_AUDIENCE_CHECK", "token_info"),
        ("PROVIDER_FAKE_SOCIAL_SITE_TOKEN_INFO_URL", "http://127.0.0.1:8001/info?t={access_token}"),
        ("PROVIDER_FAKE_SOCIAL_SITE_TOKEN_INFO_MEMBER", "app.id"),
    ])
    .unwrap();
    let mine = providers.find("my-id").unwrap();
    assert_eq!(mine.kind, Kind::OpenId { issuer: "https://id.example.com/o".to_owned() });
    assert_eq!((mine.title.as_str(), mine.scopes.as_str()), ("Our house", "openid profile email"));
    assert_eq!((mine.audience.as_ref(), mine.signup), (None, false));
    let site = providers.find("fake_social_site").unwrap();
    assert!(site.needs_username() && !site.has_button());
    assert_eq!((site.mapping.subject.as_str(), site.mapping.username.as_deref()), ("id", None));
    assert_eq!(site.mapping.name.as_deref(), Some("data.shown"));
    let url = "http://127.0.0.1:8001/info?t={access_token}".to_owned();
    assert_eq!(site.audience, Some(AudienceCheck::TokenInfo { url, member: "app.id".to_owned() }));
    assert_eq!(providers.with_button().map(|each| each.name.as_str()).collect::<Vec<_>>(), ["my-id"]);
}

/// R174
#[test]
fn what_cannot_be_meant_is_said_at_the_start() {
    let ours = [("PROVIDERS", "x"), ("PROVIDER_X_CLIENT_ID", "a")];
    let openid = ("PROVIDER_X_ISSUER", "https://id.example.com");
    for (more, named) in [
        (&[][..], "PROVIDER_X_ISSUER"),
        (&[("PROVIDER_X_ISSUER", "http://id.example.com")], "PROVIDER_X_ISSUER"),
        (&[openid, ("PROVIDER_X_TOKEN_URL", "https://id.example.com/t")], "PROVIDER_X_ISSUER"),
        (&[openid, ("PROVIDER_X_SCOPES", "email")], "PROVIDER_X_SCOPES"),
        (&[openid, ("PROVIDER_X_PROFILE", "subject=email")], "PROVIDER_X_PROFILE"),
        (&[openid, ("PROVIDER_X_PROFILE", "shoe=size")], "PROVIDER_X_PROFILE"),
        (&[openid, ("PROVIDER_X_CLIENT_AUTH", "none")], "PROVIDER_X_CLIENT_AUTH"),
        (&[openid, ("PROVIDER_X_PRESET", "myspace")], "PROVIDER_X_PRESET"),
        (&[openid, ("PROVIDER_X_AUDIENCE_CHECK", "introspection")], "PROVIDER_X_CLIENT_SECRET"),
        (&[openid, ("PROVIDER_X_AUDIENCE_CHECK", "token_info")], "PROVIDER_X_AUDIENCE_CHECK"),
        (&[openid, ("PROVIDER_X_TOKEN_INFO_MEMBER", "aud")], "PROVIDER_X_AUDIENCE_CHECK"),
        (&[openid, ("PROVIDER_X_NAME", "x")], "PROVIDER_X_NAME"),
    ] {
        let error = read(&[&ours[..], more].concat()).unwrap_err();
        assert!(error.contains(named), "{more:?}: {error}");
    }
    for names in ["X", "a b/c", "a-b a_b", "é"] {
        assert!(read(&[("PROVIDERS", names)]).is_err(), "{names}");
    }
}
