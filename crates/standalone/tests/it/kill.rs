//! F1: kill -9 under load. Whatever was acknowledged before the kill holds after the restart; what was cut off may
//! have happened or not. The real program, the real databases, nothing repaired by hand.

mod actor;
mod check;
mod ledger;
mod program;

use std::time::{Duration, Instant};

use authz::crypto::random;
use tokio::task::JoinSet;

use crate::support::databases::Databases;
use crate::support::said;
use actor::Actor;
use ledger::Tally;
use program::Program;

/// People at work at once.
const ACTORS: usize = 12;
/// The latest instant of a kill, in milliseconds.
const LATEST: u64 = 1_500;

/// "kill -9 under load, 50 times per database: no acknowledged grant, revocation or track lost." `ROUNDS` says how
/// often; three times unless it does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_a_kill_holds_after_it() {
    let rounds: usize = said("ROUNDS").map_or(3, |rounds| rounds.parse().unwrap());
    let databases = Databases::new();
    let mut program = Program::new(&databases);
    let application = program.register_an_application().await;
    program.start().await;
    let mut actors = Vec::new();
    for number in 0..ACTORS {
        actors.push(Actor::arrives(&application, number).await);
    }
    let (mut slowest, mut tally, began) = (Duration::ZERO, Tally::default(), Instant::now());
    for round in 1..=rounds {
        for actor in &mut actors {
            actor.reconnect();
        }
        let mut working: JoinSet<Actor> = actors.drain(..).map(|actor| actor.works(round)).collect();
        tokio::time::sleep(at_random()).await;
        program.kill();
        let killed = Instant::now();
        while let Some(actor) = working.join_next().await {
            actors.push(actor.unwrap());
        }
        slowest = slowest.max(program.start().await);
        for actor in &mut actors {
            actor.reconnect();
        }
        let mut checking: JoinSet<Actor> =
            actors.drain(..).map(|actor| check::after_a_restart(actor, killed)).collect();
        while let Some(actor) = checking.join_next().await {
            actors.push(actor.unwrap());
        }
        verdict(&actors, round, &program);
    }
    for actor in &mut actors {
        check::at_the_end(actor).await;
        tally.count(&actor.ledger);
    }
    verdict(&actors, rounds, &program);
    program.kill();
    check::databases_are_sound(&databases).await;
    let seconds = began.elapsed().as_secs_f32();
    eprintln!("{rounds} kills in {seconds:.1} s, ready again within {} ms: {tally}", slowest.as_millis());
    assert!(tally.judged(), "too little happened before the kills: {tally}");
}

fn at_random() -> Duration {
    let number = u64::from_le_bytes(random::bytes().unwrap());
    Duration::from_millis(number % (LATEST + 1))
}

fn verdict(actors: &[Actor], round: usize, program: &Program) {
    let wrong: Vec<_> = actors.iter().flat_map(|actor| &actor.ledger.wrong).collect();
    assert!(wrong.is_empty(), "round {round}: {wrong:#?}\nthe program said: {}", program.said());
}
