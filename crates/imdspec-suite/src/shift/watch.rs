//! Noticing that a file of a folder is opened.

#[cfg(target_os = "linux")]
pub(super) use linux::Watch;
#[cfg(not(target_os = "linux"))]
pub(super) use other::Watch;

#[cfg(target_os = "linux")]
mod linux {
    use rustix::fs::inotify;
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::path::Path;

    /// Sees every file of a folder being opened.
    #[derive(Debug)]
    pub(in super::super) struct Watch(OwnedFd);

    impl Watch {
        pub(in super::super) fn new(folder: &Path) -> io::Result<Self> {
            let flags = inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC;
            let queue = inotify::init(flags)?;
            inotify::add_watch(&queue, folder, inotify::WatchFlags::OPEN)?;
            Ok(Self(queue))
        }

        /// Whether the file was opened since the last call.
        pub(in super::super) fn take(&self, name: &str) -> bool {
            let mut room = [MaybeUninit::uninit(); 4096];
            let mut events = inotify::Reader::new(&self.0, &mut room);
            let mut seen = false;
            // Ends with the error that there are no more.
            while let Ok(event) = events.next() {
                seen |= event
                    .file_name()
                    .is_some_and(|n| n.to_bytes() == name.as_bytes());
            }
            seen
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod other {
    use std::io;
    use std::path::Path;

    /// Never made: libfaketime is looked for on Linux only.
    #[derive(Debug)]
    pub(in super::super) struct Watch(std::convert::Infallible);

    impl Watch {
        pub(in super::super) fn new(_: &Path) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(in super::super) fn take(&self, _: &str) -> bool {
            match self.0 {}
        }
    }
}
