//! What on this machine forbids sandboxes, and how it is changed.

/// Reads a file of the system; `None` where there is none.
type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// One piece of advice for each setting that is known to forbid namespaces.
pub(crate) fn advice(read: Read<'_>) -> Vec<String> {
    let value = |file: &str| read(file).map(|text| text.trim().to_owned());
    let mut advice = Vec::new();
    if value("/proc/sys/kernel/unprivileged_userns_clone").as_deref() == Some("0") {
        advice.push(
            "this kernel forbids user namespaces to ordinary users: \
             sysctl kernel.unprivileged_userns_clone=1"
                .into(),
        );
    }
    if value("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").as_deref() == Some("1") {
        advice.push(
            "AppArmor restricts user namespaces (Ubuntu 23.10 and later): give imdspec a profile \
             with `userns,`, or sysctl kernel.apparmor_restrict_unprivileged_userns=0"
                .into(),
        );
    }
    for kind in ["user", "net", "pid", "mnt"] {
        let file = format!("/proc/sys/user/max_{kind}_namespaces");
        if value(&file).as_deref() == Some("0") {
            advice.push(format!(
                "no {kind} namespaces are allowed: sysctl user.max_{kind}_namespaces=1024"
            ));
        }
    }
    let seccomp = read("/proc/self/status").and_then(|text| {
        let line = text.lines().find_map(|l| l.strip_prefix("Seccomp:"))?;
        Some(line.trim().to_owned())
    });
    if seccomp.as_deref() == Some("2") {
        advice.push(
            "a seccomp filter is in force, as in most containers: run the container with \
             --security-opt seccomp=unconfined, or imdspec outside of it"
                .into(),
        );
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(file: &'static str, text: &'static str) -> Vec<String> {
        advice(&move |f| (f == file).then(|| text.to_owned()))
    }

    #[test]
    fn settings_that_forbid_are_named() {
        let cases = [
            (
                "/proc/sys/kernel/unprivileged_userns_clone",
                "0\n",
                "unprivileged_userns_clone=1",
            ),
            (
                "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
                "1\n",
                "AppArmor",
            ),
            (
                "/proc/sys/user/max_net_namespaces",
                "0\n",
                "max_net_namespaces",
            ),
            ("/proc/self/status", "Name:\tx\nSeccomp:\t2\n", "seccomp"),
        ];
        for (file, text, word) in cases {
            let advice = with(file, text);
            assert_eq!(advice.len(), 1, "{file}");
            assert!(advice[0].contains(word), "{advice:?}");
        }
    }

    #[test]
    fn settings_that_allow_are_not() {
        assert!(with("/proc/sys/kernel/unprivileged_userns_clone", "1\n").is_empty());
        assert!(advice(&|_| None).is_empty());
    }
}
