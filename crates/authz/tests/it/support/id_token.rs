//! ID tokens and other JWTs of the server's, judged as a client would: by the key set it publishes.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde_json::Value;

use super::{ISSUER, TestServer};

/// The claims of a JWT that the server has signed for this client, with the algorithm it says.
pub async fn verified(server: &TestServer, client: &str, token: &str) -> Value {
    let header = decode_header(token).unwrap();
    let set: JwkSet =
        serde_json::from_value(server.http.get("/o/.well-known/jwks.json").await.json()).unwrap();
    let key = set.find(header.kid.as_ref().unwrap()).unwrap();
    assert_eq!(key.common.key_algorithm.unwrap().to_string(), format!("{:?}", header.alg));
    let mut judged = Validation::new(header.alg);
    judged.set_issuer(&[ISSUER]);
    judged.set_audience(&[client]);
    // The server's clock stands still; times are compared with it by the tests.
    judged.validate_exp = false;
    judged.set_required_spec_claims(&["iss", "aud", "sub"]);
    decode(token, &DecodingKey::from_jwk(key).unwrap(), &judged).unwrap().claims
}
