//! What a signature costs that has nothing around it: `bench_signatures ALG sign|verify` prints how many a second one core
//! makes or verifies, of a text as long as a JWT's, with a key that was parsed before.

use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
type Sign = Box<dyn Fn() -> Outcome<Vec<u8>>>;

const FOR: Duration = Duration::from_millis(500);
const MESSAGE: [u8; 500] = [b'a'; 500];

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (alg, does) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let random = SystemRandom::new();
    let (sign, key): (Sign, ParsedPublicKey) = match alg.as_str() {
        "RS256" => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
            let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key())?;
            let sign = move || {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, &MESSAGE, &mut signature)?;
                Ok(signature)
            };
            (Box::new(sign), key)
        }
        "ES256" => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
            let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key())?;
            (Box::new(move || Ok(pair.sign(&random, &MESSAGE)?.as_ref().to_vec())), key)
        }
        "EdDSA" => {
            let pair = Ed25519KeyPair::generate()?;
            let key = ParsedPublicKey::new(&ED25519, pair.public_key())?;
            (Box::new(move || Ok(pair.sign(&MESSAGE).as_ref().to_vec())), key)
        }
        _ => return Err("usage: bench_signatures RS256|ES256|EdDSA sign|verify".into()),
    };
    let signature = sign()?;
    let (began, mut done) = (Instant::now(), 0_u32);
    while began.elapsed() < FOR {
        if does == "verify" {
            key.verify_sig(&MESSAGE, &signature)?;
        } else {
            sign()?;
        }
        done += 1;
    }
    println!("{:.0}", f64::from(done) / began.elapsed().as_secs_f64());
    Ok(())
}
