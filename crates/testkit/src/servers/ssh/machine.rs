//! A make-believe machine: a name, a kernel, some files, and the few commands
//! that look at them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Reply;

/// A machine; clones are the same one.
///
/// It knows `hostname`, `uname -r`, `ls`, `cat FILE`, `increment FILE`,
/// `echo WORDS`, `echo WORDS > FILE`, `install-kernel VERSION` (which counts after
/// `reboot`), `true` and `false`.
#[derive(Clone)]
pub struct Machine(Arc<Mutex<Inner>>);

struct Inner {
    hostname: String,
    running_kernel: String,
    installed_kernel: String,
    files: BTreeMap<String, String>,
}

impl Machine {
    /// A machine of that name that runs that kernel.
    pub fn new(hostname: &str, kernel: &str) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            hostname: hostname.to_owned(),
            running_kernel: kernel.to_owned(),
            installed_kernel: kernel.to_owned(),
            files: BTreeMap::new(),
        })))
    }

    /// The content of a file.
    pub fn file(&self, path: &str) -> Option<String> {
        self.with(|inner| inner.files.get(path).cloned())
    }

    /// The version of the running kernel.
    pub fn kernel(&self) -> String {
        self.with(|inner| inner.running_kernel.clone())
    }

    /// Runs a command; commands joined by `&&` run until one fails.
    pub fn run(&self, command: &str) -> Reply {
        let mut output = Reply::ok("");
        for command in command.split("&&") {
            let reply = self.with(|inner| inner.run(command.trim()));
            output.stdout.extend(reply.stdout);
            output.stderr.extend(reply.stderr);
            output.exit_code = reply.exit_code;
            if output.exit_code != Some(0) {
                break;
            }
        }
        output
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    fn run(&mut self, command: &str) -> Reply {
        let (program, argument) = command.split_once(' ').unwrap_or((command, ""));
        match (program, argument) {
            ("true", _) => Reply::ok(""),
            ("false", _) => Reply::failure(1, ""),
            ("hostname", "") => line(&self.hostname),
            ("uname", "-r") => line(&self.running_kernel),
            ("ls", _) => Reply::ok(
                self.files
                    .keys()
                    .map(|f| format!("{f}\n"))
                    .collect::<String>(),
            ),
            ("cat", path) => self.cat(path),
            ("increment", path) => self.increment(path),
            ("echo", words) => self.echo(words),
            ("install-kernel", version) => {
                version.clone_into(&mut self.installed_kernel);
                Reply::ok("")
            }
            ("reboot", _) => {
                self.running_kernel.clone_from(&self.installed_kernel);
                Reply::ok("")
            }
            _ => Reply::failure(127, format!("sh: {program}: command not found\n")),
        }
    }

    fn cat(&self, path: &str) -> Reply {
        match self.files.get(path) {
            Some(content) => Reply::ok(content.as_str()),
            None => Reply::failure(1, format!("cat: {path}: No such file or directory\n")),
        }
    }

    /// Adds one to the number in a file and shows it; a missing file counts as 0.
    fn increment(&mut self, path: &str) -> Reply {
        let content = self.files.entry(path.to_owned()).or_default();
        let number: u64 = content.trim().parse().unwrap_or(0);
        *content = format!("{}\n", number.saturating_add(1));
        Reply::ok(content.as_str())
    }

    fn echo(&mut self, words: &str) -> Reply {
        match words.split_once('>') {
            None => line(words),
            Some((words, path)) => {
                let content = format!("{}\n", words.trim());
                self.files.insert(path.trim().to_owned(), content);
                Reply::ok("")
            }
        }
    }
}

fn line(text: &str) -> Reply {
    Reply::ok(format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(machine: &Machine, command: &str) -> String {
        let reply = machine.run(command);
        assert_eq!(reply.exit_code, Some(0), "{reply:?}");
        String::from_utf8(reply.stdout).unwrap()
    }

    #[test]
    fn a_kernel_counts_after_the_reboot() {
        let machine = Machine::new("web-1", "6.1");
        assert_eq!(output(&machine, "install-kernel 6.6 && uname -r"), "6.1\n");
        assert_eq!(output(&machine, "reboot && uname -r"), "6.6\n");
        assert_eq!(machine.kernel(), "6.6");
    }

    #[test]
    fn files_count_and_keep() {
        let machine = Machine::new("web-1", "6.1");
        assert_eq!(output(&machine, "increment n && increment n"), "1\n2\n");
        assert_eq!(
            output(&machine, "echo a b > f && cat f && ls"),
            "a b\nf\nn\n"
        );
        assert_eq!(machine.file("n").as_deref(), Some("2\n"));
        assert_eq!(machine.run("false && echo no").stdout, b"");
        assert_eq!(machine.run("rm -r f").exit_code, Some(127));
    }
}
