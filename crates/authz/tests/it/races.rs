//! Many at once: at most one wins, nobody is told "500", and what is dead stays dead.

mod applications;
mod assertions;
mod codes;
mod devices;
mod endings;
mod locks;
mod names;
mod once;
mod processes;
mod refreshes;
mod registrations;

use std::future::Future;

use crate::support::{Answer, Client, TestServer, server_with};

const MANY: usize = 64;

/// The same at once, many times, alternating between the servers.
async fn at_once<F, R>(servers: &[TestServer], client: &Client, what: F) -> Vec<Answer>
where
    F: Fn(Client) -> R,
    R: Future<Output = Answer> + Send + 'static,
{
    let tries: Vec<_> =
        (0..MANY).map(|number| tokio::spawn(what(client.at(&servers[number % servers.len()])))).collect();
    let mut answers = Vec::new();
    for each in tries {
        answers.push(each.await.unwrap());
    }
    answers
}

/// One server, and two on one database.
async fn one_and_two(settings: &[(&str, &str)]) -> [Vec<TestServer>; 2] {
    let (alone, first) = (server_with(settings).await, server_with(settings).await);
    let second = first.second().await;
    [vec![alone], vec![first, second]]
}

fn winners(answers: &[Answer]) -> Vec<&Answer> {
    for answer in answers {
        if answer.status != 200 {
            answer.is_error(400, "invalid_grant");
        }
    }
    answers.iter().filter(|answer| answer.status == 200).collect()
}
