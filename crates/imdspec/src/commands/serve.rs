//! `imdspec serve`: the model as a server of its own.

use super::check::random_seed;
use super::runtime;
use super::tap::{cannot, writer};
use crate::args::Serve;
use crate::exit::{Exit, Failure};
use crate::select::matches_nothing;
use imdspec_model::{Model, ModelService, TcpHost, World};
use imdspec_suite::recording::Writer;
use imdspec_suite::scenario;
use imdspec_wire::Request;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) fn run(args: Serve) -> Result<Exit, Failure> {
    let world = world(&args)?;
    let seed = args.seed.unwrap_or_else(random_seed);
    let record = args.record.as_deref().map(writer).transpose()?;
    let record = record.map(|writer| Arc::new(Mutex::new(writer)));
    runtime()?.block_on(async {
        let host = TcpHost::bind(args.listen).await.map_err(|e| {
            let why = format!(
                "could not listen on {}: {e}; choose another --listen",
                args.listen
            );
            Failure::new(Exit::Subject, why)
        })?;
        let address = host.local_addr();
        let service = ModelService::new(Model::new(world, seed)).with_hook(hook(&record, address));
        let guard = host.serve(Arc::new(service));
        // One line a program can wait for, then one a person can copy.
        println!("ready {{\"endpoint\":\"http://{address}\",\"seed\":\"{seed:016x}\"}}");
        anstream::eprintln!(
            "try: AWS_EC2_METADATA_SERVICE_ENDPOINT=http://{address} imdspec resolve"
        );
        let interrupted = tokio::signal::ctrl_c().await;
        guard.stop().await;
        if let (Some(record), Some(path)) = (&record, &args.record) {
            let failure = lock(record).failure();
            failure.map_or(Ok(()), |e| Err(cannot(path, &e)))?;
        }
        interrupted
            .map(|()| Exit::Interrupted)
            .map_err(|e| Failure::new(Exit::Subject, format!("Ctrl-C could not be awaited: {e}")))
    })
}

fn world(args: &Serve) -> Result<World, Failure> {
    let mut world = match &args.scenario {
        None => World::default(),
        Some(name) => match scenario::embedded().iter().find(|s| s.name == *name) {
            Some(scenario) => scenario.world.clone(),
            None => {
                let names = scenario::embedded().iter().map(|s| s.name.as_str());
                let why = matches_nothing("scenario", std::slice::from_ref(name), names)
                    .unwrap_or_else(|| "--scenario takes one name".into());
                return Err(Failure::new(Exit::NothingSelected, why));
            }
        },
    };
    if let Some(mode) = args.mode {
        world.mode = mode;
    }
    if let Some(role) = &args.role {
        world.role.clone_from(role);
    }
    if let Some(expiry) = args.expiry {
        world.credential_lifetime = expiry;
    }
    if let Some(longest) = args.longest_token {
        world.longest_token = longest;
    }
    world.faults.extend(args.fault.iter().cloned());
    Ok(world)
}

/// What is done about each exchange: a line on stderr, and the trace.
fn hook(
    record: &Option<Arc<Mutex<Writer>>>,
    address: SocketAddr,
) -> impl Fn(u32, &Request, &imdspec_model::Reply) + Send + Sync + 'static {
    let record = record.clone();
    let to = address.to_string();
    move |conn, request, reply| {
        if let Some(record) = &record {
            lock(record).exchange(conn, &to, request, reply);
        }
        log(conn, request, reply);
    }
}

fn lock(record: &Mutex<Writer>) -> MutexGuard<'_, Writer> {
    // Whoever panicked had written whole lines.
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One line a request, without any secret: targets and statuses hold none.
fn log(conn: u32, request: &Request, reply: &imdspec_model::Reply) {
    let fault = if reply.fault.is_empty() {
        String::new()
    } else {
        format!(" ({})", reply.fault)
    };
    anstream::eprintln!(
        "#{conn} {} {} -> {}{fault}",
        request.method,
        request.target,
        reply.status
    );
}
