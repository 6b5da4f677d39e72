//! `channel: email`.

use std::time::Duration;

use crate::process::Running;
use crate::scene::{Scene, asking};
use crate::smtp::{Does, Smtp, Tls, file};

const RUN: [&str; 2] = ["run", "composition.yaml"];

fn scene_with(smtp: &Smtp, settings: &str) -> Scene {
    Scene::new(&asking(&format!("channel: email\n      {settings}")))
        .with("NAFTIKO_SMTP_URL", smtp.url())
        .with("NAFTIKO_SMTP_FROM", "Naftiko <runs@naftiko.test>")
}

fn scene(smtp: &Smtp) -> Scene {
    scene_with(smtp, "to: it@acme.example")
}

#[test]
fn a_person_gets_one_message_that_says_what_to_do_and_how_to_answer() {
    let smtp = Smtp::start();
    let scene = scene_with(&smtp, "to: [it@acme.example, 'Boss <boss@acme.example>']");
    let ended = scene.naftiko(&RUN);
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    let [mail] = &smtp.taken()[..] else { panic!("{:?}", smtp.taken()) };
    assert_eq!(mail.from, "runs@naftiko.test");
    assert_eq!(mail.to, ["it@acme.example", "boss@acme.example"]);
    assert_eq!(mail.header("Subject"), "Ask the IT admin to open the portal.");
    assert_eq!(mail.header("Content-Type"), "text/plain; charset=utf-8");
    let text = mail.data.split_once("\n\n").unwrap().1.replace(&scene.run_id(), "RUN");
    let text = text.lines().map(|line| if line.contains(", until 20") { "(until)" } else { line });
    insta::assert_snapshot!(text.collect::<Vec<_>>().join("\n"), @r#"
    Ask the IT admin to open the portal.

    organization: Acme & Co
    who: Jane Doe

    (until)
    naftiko complete RUN 'tell' --result JSON

    Answer with JSON that matches this schema:
    {
      "type": "object",
      "required": [
        "contacted"
      ],
      "properties": {
        "contacted": {
          "type": "boolean"
        }
      }
    }
    "#);
    // A message that is not sent again needs no server.
    let id = scene.run_id();
    let mut command = scene.command(&["resume", &id]);
    command.env_remove("NAFTIKO_SMTP_URL");
    assert_eq!(Running::start(command).end().code, Some(4));
    scene.answered();
    assert_eq!(smtp.taken().len(), 1);
    assert_eq!(scene.events(), ["messageStarted", "stepAsked", "stepSucceeded"]);
    assert!(
        scene.shown().contains("email to it@acme.example, Boss <boss@acme.example> at 20"),
        "{}",
        scene.shown()
    );
}

#[test]
fn killed_before_it_was_sent_or_while_it_was_somebody_has_to_say_whether_it_came() {
    // The start of the run and the intent are committed together: after record 1 both exist.
    for seq in [0, 3] {
        let smtp = Smtp::start();
        let scene = scene(&smtp);
        scene.killed_after(&RUN, seq);
        match scene.place.run() {
            None => assert_eq!(scene.naftiko(&RUN).code, Some(4)),
            Some(_) => assert_eq!(scene.resume().code, Some(4)),
        }
        scene.answered();
        assert_eq!(smtp.taken().len(), 1, "killed after {seq}");
    }

    // The intent is committed, and nothing was sent.
    let smtp = Smtp::start();
    let scene = self::scene(&smtp);
    scene.killed_after(&RUN, 2);
    let ended = scene.resume();
    assert_eq!((ended.code, smtp.taken().len()), (Some(5), 0), "{}", ended.told());
    let ended = scene.naftiko(&["resolve", &scene.run_id(), "tell", "--did-not-happen"]);
    assert_eq!(ended.code, Some(0), "{}", ended.told());
    assert_eq!(scene.resume().code, Some(4));
    scene.answered();
    assert_eq!(smtp.taken().len(), 1);

    // The server has accepted the message, and the process ends before it reads the response.
    let smtp = Smtp::start();
    let scene = self::scene(&smtp);
    let running = scene.start(&RUN);
    smtp.does([Does::Kills(Box::new(running.killer()))]);
    assert_eq!(running.end().code, None);
    let ended = scene.resume();
    assert_eq!(ended.code, Some(5), "{}", ended.told());
    assert!(ended.stderr.contains("--happened"), "{}", ended.stderr);
    assert_eq!(scene.resume().code, Some(5), "it stays so until somebody says");
    let ended = scene.naftiko(&["resolve", &scene.run_id(), "tell", "--happened"]);
    assert_eq!(ended.code, Some(0), "{}", ended.told());
    assert_eq!(scene.resume().code, Some(4), "the answer is still to come");
    scene.answered();
    assert_eq!(smtp.taken().len(), 1);
}

#[test]
fn what_the_server_did_not_take_is_sent_again() {
    let faults = [
        Does::Says("MAIL", "451 later"),
        Does::Says("RCPT", "450 busy"),
        Does::Says("DATA", "421 later"),
        Does::Says(".", "452 full"),
        Does::Drops("EHLO"),
        Does::Drops("DATA"),
    ];
    std::thread::scope(|scope| {
        for fault in faults {
            scope.spawn(move || {
                let smtp = Smtp::start();
                smtp.does([fault]);
                let scene = scene(&smtp);
                let ended = scene.naftiko(&RUN);
                assert_eq!((ended.code, smtp.taken().len()), (Some(4), 1), "{}", ended.told());
                assert_eq!(scene.events(), ["messageStarted", "stepDelayed", "messageStarted", "stepAsked"]);
            });
        }
    });
}

#[test]
fn what_the_server_refuses_for_good_fails_the_step() {
    for fault in [Does::Says("RCPT", "550 no such user"), Does::Says(".", "554 no")] {
        let smtp = Smtp::start();
        smtp.does([fault]);
        let scene = scene(&smtp);
        let ended = scene.naftiko(&RUN);
        assert_eq!((ended.code, smtp.taken().len()), (Some(3), 0), "{}", ended.told());
        assert!(ended.stderr.contains("the email of `tell` was not sent: `127.0.0.1`: "), "{}", ended.stderr);
    }
}

#[test]
fn a_server_that_is_gone_with_the_message_leaves_a_doubt_and_never_a_second_message() {
    for at in [".", "text"] {
        let smtp = Smtp::start();
        smtp.does([Does::Drops(at)]);
        let scene = scene(&smtp);
        let ended = scene.naftiko(&RUN);
        assert_eq!(ended.code, Some(5), "{at}: {}", ended.told());
        let before = smtp.taken().len();
        assert_eq!(before, usize::from(at == "."));
        assert_eq!(scene.resume().code, Some(5));
        assert_eq!(smtp.taken().len(), before);
        // An answer proves that the message arrived.
        let answer = r#"{"contacted": true}"#;
        let ended = scene.naftiko(&["complete", &scene.run_id(), "tell", "--result", answer]);
        assert_eq!(ended.code, Some(0), "{}", ended.told());
        assert_eq!(scene.resume().code, Some(0));
        assert_eq!(smtp.taken().len(), before);
    }
}

#[test]
fn nothing_that_comes_in_a_value_becomes_a_header_a_receiver_or_a_template() {
    let smtp = Smtp::start();
    let hostile =
        "x\r\nBcc: evil@evil.example\r\n\r\n.\r\nMAIL FROM:<evil@evil.example>\r\n{{ run }} {{ 7 * 7 }}";
    let scene = scene_with(
        &smtp,
        "to: it@acme.example\n      subject: '${inputs.who}'\n      template: \"Hello ${inputs.who}\"",
    );
    let input = format!("who={hostile}");
    let ended = scene.naftiko(&["run", "composition.yaml", "--input", &input]);
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    let [mail] = &smtp.taken()[..] else { panic!("{:?}", smtp.taken()) };
    assert_eq!(mail.to, ["it@acme.example"]);
    let (head, text) = mail.data.split_once("\n\n").unwrap();
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    assert!(text.contains("{{ run }} {{ 7 * 7 }}"), "{text}");

    let smtp = Smtp::start();
    let scene = scene_with(&smtp, "to: '${inputs.who}'");
    let input = "who=it@acme.example>\r\nRCPT TO:<evil@evil.example";
    let ended = scene.naftiko(&["run", "composition.yaml", "--input", input]);
    assert_eq!((ended.code, smtp.taken().len()), (Some(3), 0), "{}", ended.told());
    assert!(ended.stderr.contains("is not an e-mail address"), "{}", ended.stderr);
}

#[test]
fn a_template_of_the_author_reads_what_is_handed_over_and_nothing_else() {
    let smtp = Smtp::start();
    let template = "\"Dear {{ who }} of {{ organization }}{% if until %}, soon{% endif %}\"";
    let scene =
        scene_with(&smtp, &format!("to: it@acme.example\n      subject: Hello\n      template: {template}"));
    let ended = scene.naftiko(&RUN);
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    let [mail] = &smtp.taken()[..] else { panic!("{:?}", smtp.taken()) };
    assert!(mail.data.contains("\n\nDear Jane Doe of Acme & Co, soon\n"), "{}", mail.data);
    assert!(mail.data.contains("naftiko complete"), "{}", mail.data);

    for (template, told) in [
        ("{{ whom }}", "error[unknown-variable]: this message has no value `whom`"),
        ("{{ who ", "error[template-syntax]: `{{` is not closed"),
        ("{{ who|uper }}", "error[unknown-filter]: there is no filter `uper`"),
    ] {
        let scene = scene_with(&smtp, &format!("to: it@acme.example\n      template: \"{template}\""));
        let ended = scene.naftiko(&RUN);
        assert_eq!(ended.code, Some(1), "{}", ended.told());
        assert!(ended.told().contains(told), "{}", ended.told());
    }
    assert_eq!(smtp.taken().len(), 1);
}

#[test]
fn a_template_that_never_ends_or_grows_without_end_fails_the_step_and_sends_nothing() {
    let smtp = Smtp::start();
    let loops = "{% for a in who|list %}".repeat(12) + &"{% endfor %}".repeat(12);
    for (template, told) in [
        (loops.as_str(), "its template cannot be rendered: the template "),
        (
            "{{ 'a\\nb'|indent(2000000000) }}",
            "its template cannot be rendered: a text is longer than 256 KiB",
        ),
    ] {
        let settings = format!("to: it@acme.example\n      template: |\n        {template}");
        let scene = scene_with(&smtp, &settings);
        let ended = scene.naftiko(&RUN);
        assert_eq!(ended.code, Some(3), "{}", ended.told());
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
        assert_eq!((scene.events(), smtp.taken().len()), (vec!["messageStarted", "stepFailed"], 0));
    }
}

#[test]
fn what_is_missing_is_said_before_the_run_begins_and_no_password_goes_in_clear() {
    let smtp = Smtp::start();
    let url = smtp.url();
    for (variables, told) in [
        (
            &[("NAFTIKO_SMTP_FROM", "a@b.example")][..],
            "`NAFTIKO_SMTP_URL` is not set: `tell` sends an e-mail",
        ),
        (&[("NAFTIKO_SMTP_URL", url.as_str())], "`NAFTIKO_SMTP_FROM` is not set"),
        (&[("NAFTIKO_SMTP_URL", &url), ("NAFTIKO_SMTP_FROM", "nobody")], "is not an e-mail address"),
        (
            &[
                ("NAFTIKO_SMTP_URL", "smtp://me:hunter2@mail.example?tls=none"),
                ("NAFTIKO_SMTP_FROM", "a@b.example"),
            ],
            "a password would be sent to `mail.example` in clear",
        ),
        (
            &[("NAFTIKO_SMTP_URL", "http://mail.example"), ("NAFTIKO_SMTP_FROM", "a@b.example")],
            "`NAFTIKO_SMTP_URL` is not the URL of a mail server",
        ),
    ] {
        let scene = Scene::new(&asking("channel: email\n      to: it@acme.example"));
        let mut command = scene.command(&RUN);
        command.envs(variables.iter().copied());
        let ended = Running::start(command).end();
        assert_eq!(ended.code, Some(2), "{}", ended.told());
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
        assert!(scene.place.run().is_none());
    }
    let scene = scene_with(&smtp, "to: [it@acme.example, nobody]");
    let ended = scene.naftiko(&RUN);
    assert_eq!(ended.code, Some(2), "{}", ended.told());
    assert!(
        ended.stderr.contains("the `to` of `tell`: `nobody` is not an e-mail address"),
        "{}",
        ended.stderr
    );
    assert!(smtp.taken().is_empty());
}

#[test]
fn a_server_elsewhere_has_to_speak_tls() {
    // This server counts as remote, so TLS is required; it does not support STARTTLS.
    let smtp = Smtp::start();
    let scene = Scene::new(&asking("channel: email\n      to: it@acme.example"))
        .with("NAFTIKO_SMTP_URL", format!("{}?tls=required", smtp.url()))
        .with("NAFTIKO_SMTP_FROM", "a@b.example");
    let mut command = scene.command(&[&RUN[..], &["--json"]].concat());
    command.env("NAFTIKO_TEST_HALT_AFTER", "3");
    let ended = Running::start(command).end();
    assert!(ended.stdout.contains("STARTTLS is not supported"), "{}", ended.told());
    assert!(smtp.taken().is_empty());
}

#[test]
fn with_tls_the_password_goes_to_a_server_that_is_trusted_and_to_no_other() {
    let ca = file("ca.pem").display().to_string();
    for (tls, scheme, more) in [(Tls::AtOnce, "smtps", ""), (Tls::Later, "smtp", "?tls=required")] {
        let smtp = Smtp::with(tls);
        let url = format!("{scheme}://me:hunter2@localhost:{}{more}", smtp.port());
        let scene = || {
            Scene::new(&asking("channel: email\n      to: it@acme.example"))
                .with("NAFTIKO_SMTP_URL", &url)
                .with("NAFTIKO_SMTP_FROM", "a@b.example")
        };
        let trusting = scene();
        let ended = trusting.naftiko(&["run", "composition.yaml", "--ca", &ca]);
        assert_eq!((ended.code, smtp.taken().len()), (Some(4), 1), "{tls:?}: {}", ended.told());
        assert!(!trusting.place.holds("hunter2"));

        let doubting = scene();
        let mut command = doubting.command(&["run", "composition.yaml", "--json"]);
        command.env("NAFTIKO_TEST_HALT_AFTER", "3");
        let ended = Running::start(command).end();
        assert!(ended.stdout.contains("\"event\":\"stepDelayed\""), "{}", ended.told());
        assert!(ended.stdout.contains("UnknownIssuer"), "{tls:?}: {}", ended.told());
        assert_eq!(smtp.taken().len(), 1, "{tls:?}");
    }
}

#[test]
fn a_password_that_a_server_says_back_is_shown_to_nobody() {
    let smtp = Smtp::start();
    let scene = Scene::new(&asking("channel: email\n      to: it@acme.example"))
        .with("NAFTIKO_SMTP_URL", smtp.url().replace("smtp://", "smtp://me:hunter3@"))
        .with("NAFTIKO_SMTP_FROM", "a@b.example");
    let ended = scene.naftiko(&RUN);
    assert_eq!(ended.code, Some(3), "{}", ended.told());
    assert!(ended.stderr.contains("it is not ***"), "{}", ended.stderr);
    assert!(!ended.told().contains("hunter3") && !scene.place.holds("hunter3"), "{}", ended.told());
}

#[test]
fn killed_at_any_moment_there_is_one_message_in_the_end() {
    for millis in [5, 20, 35, 50, 65, 80, 100, 130] {
        let smtp = Smtp::start();
        let scene = scene(&smtp);
        let running = scene.start(&RUN);
        let kill = running.killer();
        std::thread::sleep(Duration::from_millis(millis));
        kill();
        running.end();
        // By now the server has received everything that was sent.
        std::thread::sleep(Duration::from_millis(100));
        let mut ended = match scene.place.run() {
            None => scene.naftiko(&RUN),
            Some(_) => scene.resume(),
        };
        if ended.code == Some(5) {
            let truth = if smtp.taken().is_empty() { "--did-not-happen" } else { "--happened" };
            assert_eq!(scene.naftiko(&["resolve", &scene.run_id(), "tell", truth]).code, Some(0));
            ended = scene.resume();
        }
        assert_eq!(ended.code, Some(4), "{millis}: {}", ended.told());
        scene.answered();
        assert_eq!(smtp.taken().len(), 1, "killed after {millis} ms");
    }
}

#[test]
fn a_mail_server_in_a_place_that_calls_may_not_reach_is_refused_before_the_run() {
    let smtp = Smtp::start();
    for (url, told) in [
        (
            "smtp://169.254.169.254:25",
            "`169.254.169.254` is not allowed: it is a link-local or metadata address",
        ),
        ("smtps://2852039166", "`169.254.169.254` is not allowed"),
        ("smtp://[fd00:ec2::254]:25?tls=none", "`[fd00:ec2::254]` is not allowed"),
        (
            "smtps://10.0.0.7",
            "`10.0.0.7` is not allowed: it is a private address; allow it with `--allow-host 10.0.0.7`",
        ),
    ] {
        let scene = scene(&smtp).with("NAFTIKO_SMTP_URL", url);
        let ended = scene.naftiko(&RUN);
        assert_eq!(ended.code, Some(2), "{url}: {}", ended.told());
        assert!(ended.stderr.contains(&format!("`NAFTIKO_SMTP_URL`: {told}")), "{url}: {}", ended.stderr);
        assert!(scene.place.run().is_none(), "{url}");
    }
}
