//! Applications of other origins in a real browser: what leads to them, and what their pages may read.

use actix_web::{App, HttpRequest, HttpServer, web};
use authz::client_metadata::ClientMetadata;
use authz::registration::Registration;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::driver::Scripts;
use super::visit;
use crate::support::{SERVERS, form, public};

/// The consent form's redirect reaches an application of another origin: `form-action` lets it through.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_consent_leads_back_to_an_application_of_another_origin() {
    visit(Scripts::Run, async |world, ada| {
        let elsewhere = elsewhere().await;
        let application = world.register(public("Elsewhere", &format!("{elsewhere}/callback"))).await;
        world.browser().sign_up("ada").await;
        ada.opens(&application.asks_for("read").url).await;
        ada.signs_in("ada").await;
        for (decision, sent) in [("#allow", "code"), ("#refuse", "error")] {
            let request = application.asks_for("read");
            ada.opens(&request.url).await;
            ada.clicks(decision).await;
            assert_eq!(ada.reads("h1").await, format!("The application has a {sent}"), "{}", ada.url().await);
            assert!(ada.url().await.starts_with(&format!("{elsewhere}/callback?{sent}=")));
            assert!(ada.url().await.contains(&form(&[("state", &request.state)])));
        }
    })
    .await;
}

/// `response_mode=form_post`: by itself with scripts, by its button without.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn an_answer_in_a_form_reaches_an_application_of_another_origin() {
    for scripts in [Scripts::Run, Scripts::Off] {
        visit(scripts, async |world, ada| {
            let elsewhere = elsewhere().await;
            let application = world.register(public("Elsewhere", &format!("{elsewhere}/callback"))).await;
            world.browser().sign_up("ada").await;
            let request = format!("{}&response_mode=form_post", application.asks_for("read").url);
            ada.opens(&request).await;
            ada.signs_in("ada").await;
            if scripts == Scripts::Run {
                // The page is gone before anybody could look at it.
                ada.lets_pages_run_scripts(false).await;
                ada.clicks("#allow").await;
                ada.lets_pages_run_scripts(true).await;
                ada.inspects("form-post").await;
                ada.opens(&request).await;
            }
            ada.clicks("#allow").await;
            if scripts == Scripts::Off {
                assert_eq!(ada.reads("h1").await, "Back to the application");
                ada.clicks("#continue").await;
            } else {
                ada.arrives(&format!("{elsewhere}/callback")).await;
            }
            assert_eq!(ada.reads("h1").await, "The application has a code");
            assert_eq!(ada.url().await, format!("{elsewhere}/callback"));
        })
        .await;
    }
}

/// R52 as a browser sees it: a page of a registered origin reads the token endpoint's answer, with a preflight before it;
/// one of another origin does not.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium and chromedriver; run by .ci/run"]
async fn a_page_of_a_registered_origin_gets_an_answer_and_another_page_does_not() {
    visit(Scripts::Run, async |world, ada| {
        let elsewhere = elsewhere().await;
        for (name, origins, expected) in
            [("Ours", vec![elsewhere.clone()], "400"), ("Not ours", Vec::new(), "blocked")]
        {
            let callback = format!("{elsewhere}/callback");
            let metadata = serde_json::json!({ "allowed_origins": origins }).to_string();
            let metadata = ClientMetadata::default().changed_by(&metadata).unwrap();
            let client = world.register(Registration { metadata, ..public(name, &callback) }).await;
            ada.opens(&callback).await;
            let form =
                form(&[("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", &client.id)]);
            let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{}:", client.id)));
            for authorization in ["", &basic] {
                let said = ada.fetches(&format!("{}/o/token/", world.origin()), authorization, &form).await;
                assert_eq!(said, expected, "{name} {authorization}");
            }
            assert_eq!(ada.complaints().await.is_empty(), expected == "400");
        }
    })
    .await;
}

/// A web server of somebody else.
pub(super) async fn elsewhere() -> String {
    let callback = async |request: HttpRequest, body: String| {
        let sent = [request.query_string(), &body].concat();
        let sent = sent.split('=').next().unwrap_or_default().to_owned();
        let page = format!("<!DOCTYPE html><link rel=icon href=data:,><h1>The application has a {sent}</h1>");
        actix_web::HttpResponse::Ok().content_type("text/html").body(page)
    };
    let server = SERVERS.spawn(async move {
        let server = HttpServer::new(move || App::new().route("/callback", web::to(callback)));
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let address = server.addrs()[0];
        tokio::spawn(server.run());
        address
    });
    format!("http://{}", server.await.unwrap())
}
