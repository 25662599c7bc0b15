//! What the transport does besides sending: it reads files and runs commands, for real.

use crate::play::{self, Skipping};
use imdspec_client::{
    Clock, Driver, MOST_OUTPUT, MOST_READ, Options, Provider, Ran, ReqwestTransport, Source,
    SystemClock, Transport as _, Unread,
};
use std::future::poll_fn;
use std::io::Read as _;
use std::path::PathBuf;
use std::task::Poll;
use wiremock::matchers::header;
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn run(line: &str) -> (Option<i32>, String) {
    match ReqwestTransport::default().run(line.to_owned()).await {
        Ran::Ended { status, stdout } => (status, String::from_utf8(stdout).unwrap()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_command_is_run_by_a_shell() {
    assert_eq!(run("printf 'a  b'; exit 3").await, (Some(3), "a  b".into()));
    assert_eq!(run("cat").await, (Some(0), String::new()));
    assert_eq!(run("kill -9 $$").await, (None, String::new()));
    let (status, _) = run("exec /nowhere/at/all 2>/dev/null").await;
    assert_eq!(status, Some(127));
}

#[tokio::test]
async fn a_flood_is_cut_off() {
    let (status, stdout) = run("yes").await;
    assert_eq!((status, stdout.len()), (None, MOST_OUTPUT + 1));
}

/// A command given up is killed with what it started: nobody holds the other end of the pipe any
/// more.
#[tokio::test]
async fn a_command_that_is_given_up_takes_along_what_it_started() {
    let folder = Folder::new("given-up");
    let fifo = folder.0.join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    let line = format!("(echo up; exec sleep 1000) >{} & wait", fifo.display());
    let transport = ReqwestTransport::default();
    let mut running = Box::pin(transport.run(line));
    poll_fn(|cx| {
        assert!(running.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    // Opens when the grandchild does, and ends when it does.
    let mut pipe = std::fs::File::open(&fifo).unwrap();
    let mut up = [0; 3];
    pipe.read_exact(&mut up).unwrap();
    assert_eq!(&up, b"up\n");
    drop(running);
    assert_eq!(pipe.read(&mut up).unwrap(), 0);
}

/// A folder of a test's own, gone when it is over.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let name = format!("imdspec-client-{}-{test}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_file_is_read_if_it_is_one_of_its_kind() {
    let folder = Folder::new("read");
    let whole = "t".repeat(MOST_READ);
    let cases: [(&str, Vec<u8>, Result<&str, Unread>); 4] = [
        ("text", b"a\n".to_vec(), Ok("a\n")),
        ("whole", whole.clone().into_bytes(), Ok(&whole)),
        ("large", vec![b't'; MOST_READ + 1], Err(Unread::TooLarge)),
        ("bytes", vec![0xff], Err(Unread::NotUtf8)),
    ];
    let transport = ReqwestTransport::default();
    for (name, bytes, expected) in cases {
        let path = folder.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        let text = transport.read(path.display().to_string()).await;
        assert_eq!(text.as_deref(), expected.as_ref().map(|t| *t), "{name}");
    }
    for (path, why) in [
        (folder.0.join("none"), Unread::Missing),
        (folder.0.clone(), Unread::NotAFile),
        (PathBuf::from("/dev/zero"), Unread::NotAFile),
    ] {
        let text = transport.read(path.display().to_string()).await;
        assert_eq!(text, Err(why));
    }
}

fn driver<C: Clock>(environment: &imdspec_client::Environment, clock: C) -> Driver<C> {
    let provider = Provider::new(environment, &Options::default(), 1);
    Driver::new(provider, clock, ReqwestTransport::default())
}

#[tokio::test]
async fn the_driver_runs_commands() {
    let printing = |line: &str| play::config(&format!("[default]\ncredential_process = {line}\n"));
    let whole = r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"}"#;
    let environment = printing(&format!("printf %s '{whole}'"));
    let found = driver(&environment, SystemClock::default())
        .resolve()
        .await
        .unwrap();
    assert_eq!(
        (&*found.access_key_id, found.source),
        ("A", Source::Process)
    );
    // On a clock that whoever sleeps on it moves, this is given up at once.
    let error = driver(&printing("sleep 1000"), Skipping::new())
        .resolve()
        .await;
    let message = error.unwrap_err().message;
    assert!(message.contains("did not end in time"), "{message}");
}

#[tokio::test]
async fn the_driver_reads_files() {
    let server = MockServer::start().await;
    let document = play::document("A", "2999-01-01T00:00:00Z");
    Mock::given(header("authorization", "from a file"))
        .respond_with(ResponseTemplate::new(200).set_body_string(document))
        .mount(&server)
        .await;
    let folder = Folder::new("token");
    let path = folder.0.join("token").display().to_string();
    let environment = play::vars([
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            &*format!("{}/x", server.uri()),
        ),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &path),
    ]);
    let driver = driver(&environment, SystemClock::default());
    assert!(
        driver
            .resolve()
            .await
            .unwrap_err()
            .message
            .contains("cannot be read")
    );
    std::fs::write(&path, "from a file").unwrap();
    assert_eq!(
        driver.resolve().await.unwrap().source,
        Source::ContainerFull
    );
}
