//! A site that a gateway has put below a path.

use super::her_application;
use crate::support::{Answer, ISSUER, Visitor, World, pages};

const BELOW: &str = "https://time.example.com/tt";

/// Everything that a page leads to.
fn links(page: &Answer) -> Vec<String> {
    let of = |css: &str, name: &str| page.attributes(css, name);
    [of("[href]", "href"), of("[src]", "src"), of("[action]", "action")].concat()
}

/// R137: every link leads below the path, also those of a sign-in, and every form comes back there.
#[tokio::test]
async fn below_a_path_every_link_leads_there() {
    let world = World::with(|config| {
        pages(config);
        config.public_url = BELOW.to_owned();
    })
    .await;
    let mut ada = Visitor::new(&world);
    ada.below = "/tt";
    let front = ada.opens("/tt/").await;
    assert_eq!(front.header("location"), Some(format!("{BELOW}/time/").as_str()));
    let stranger = ada.opens("/tt/api/tracks/?page_size=1").await;
    let [href] = stranger.attributes("#sign-in-here", "href").try_into().unwrap();
    assert_eq!(href, "/tt/time/sign-in/?next=%2Fapi%2Ftracks%2F%3Fpage_size%3D1");
    let away = ada.opens(&href).await;
    let location = away.header("location").unwrap();
    assert!(
        location.contains("redirect_uri=https%3A%2F%2Ftime.example.com%2Ftt%2Ftime%2Fcallback%2F"),
        "{location}"
    );
    let back = ada.signs_in("ada").await;
    assert_eq!((back.status, back.header("location")), (303, Some(format!("{BELOW}/time/").as_str())));
    // `__Host-` needs the whole host (RFC 6265bis section 4.1.3.2).
    assert!(back.header("set-cookie").unwrap().contains("; Path=/;"), "{back:?}");

    let activity = her_application(&world).has_activity("Reading").await;
    let track = her_application(&world).has_track(activity, "x").await;
    let paths =
        ["/tt/time/", "/tt/api/", "/tt/api/tracks/", "/tt/api/activities/?page_size=1", "/tt/api/nowhere/"];
    let paths = paths.map(str::to_owned).into_iter().chain([format!("/tt/api/tracks/{track}/")]);
    let mut nobody = Visitor::new(&world);
    nobody.below = "/tt";
    let mut shown =
        vec![stranger, nobody.opens("/tt/time/callback/?code=x").await, nobody.opens("/tt/time/").await];
    for path in paths {
        shown.push(ada.opens(&path).await);
    }
    let page = ada.opens(&format!("/tt/api/tracks/{track}/")).await;
    shown.push(ada.submits(&page, "#fields-form", "#send-fields", &[("description", "y")]).await);
    shown.push(ada.submits(&page, "#delete-form", "#delete", &[]).await);
    let page = ada.opens("/tt/time/").await;
    let started = ada.submits(&page, "#start-form", "#start", &[]).await;
    assert_eq!((started.status, started.header("location")), (303, Some(format!("{BELOW}/time/").as_str())));
    shown.push(ada.submits(&page, "#sign-out-form", "#sign-out", &[]).await);
    for page in shown {
        for link in links(&page) {
            let is_ours = link.starts_with("/tt/") || link.starts_with(BELOW) || link.starts_with('#');
            assert!(is_ours || link.starts_with(ISSUER), "{link} in {page:?}");
        }
    }
    for path in ["/tt/time/style.css", "/tt/time/mark.svg"] {
        assert_eq!(ada.opens(path).await.status, 200, "{path}");
    }
}
