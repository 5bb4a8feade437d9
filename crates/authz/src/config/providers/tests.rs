use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Providers, String> {
    let pairs =
        pairs.iter().map(|(name, value)| (format!("AUTHZ_{}", name.to_uppercase()), (*value).to_owned()));
    let mut said = Settings::new("AUTHZ_", pairs);
    let providers = Providers::read(&mut said, true);
    said.finish(Some(providers)).map_err(|error| error.to_string())
}

#[test]
fn a_well_known_provider_needs_only_an_id_and_a_secret() {
    for name in Preset::names().split(", ") {
        let key = |member: &str| format!("provider_{name}_{member}");
        let (id, secret) = (key("client_id"), key("client_secret"));
        let providers = read(&[("providers", name), (&id, "ours"), (&secret, "s3cret")]).unwrap();
        let provider = providers.find(name).unwrap();
        assert!(provider.has_button() && !provider.needs_username() && provider.signup, "{name}");
        assert!(!format!("{provider:?}").contains("s3cret"));
    }
}

#[test]
fn one_of_ones_own_says_where_it_is_and_what_its_members_mean() {
    let providers = read(&[
        ("providers", "my-id fake_social_site"),
        ("provider_my_id_issuer", "https://id.example.com/o"),
        ("provider_my_id_client_id", "a"),
        ("provider_my_id_title", "Our house"),
        ("provider_my_id_signup", "false"),
        ("provider_fake_social_site_profile_url", "http://127.0.0.1:8001/by_name/{username}/"),
        ("provider_fake_social_site_client_id", "b"),
        ("provider_fake_social_site_profile", "username= name=data.shown"),
        ("provider_fake_social_site_audience_check", "token_info"),
        ("provider_fake_social_site_token_info_url", "http://127.0.0.1:8001/info?t={access_token}"),
        ("provider_fake_social_site_token_info_member", "app.id"),
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
    let ours = [("providers", "x"), ("provider_x_client_id", "a")];
    let openid = ("provider_x_issuer", "https://id.example.com");
    for (more, named) in [
        (&[][..], "provider_x_issuer"),
        (&[("provider_x_issuer", "http://id.example.com")], "provider_x_issuer"),
        (&[openid, ("provider_x_token_url", "https://id.example.com/t")], "provider_x_issuer"),
        (&[openid, ("provider_x_scopes", "email")], "provider_x_scopes"),
        (&[openid, ("provider_x_profile", "subject=email")], "provider_x_profile"),
        (&[openid, ("provider_x_profile", "shoe=size")], "provider_x_profile"),
        (&[openid, ("provider_x_client_auth", "none")], "provider_x_client_auth"),
        (&[openid, ("provider_x_preset", "myspace")], "provider_x_preset"),
        (&[openid, ("provider_x_audience_check", "introspection")], "provider_x_client_secret"),
        (&[openid, ("provider_x_audience_check", "token_info")], "provider_x_audience_check"),
        (&[openid, ("provider_x_token_info_member", "aud")], "provider_x_audience_check"),
        (&[openid, ("provider_x_name", "x")], "provider_x_name"),
    ] {
        let error = read(&[&ours[..], more].concat()).unwrap_err();
        assert!(error.contains(&named.to_uppercase()), "{more:?}: {error}");
    }
    for names in ["X", "a b/c", "a-b a_b", "é"] {
        assert!(read(&[("providers", names)]).is_err(), "{names}");
    }
}
