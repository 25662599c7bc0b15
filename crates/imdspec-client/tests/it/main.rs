//! The client from the outside: what it sends, what it makes of the answers, and when.

#[cfg(test)]
mod any_source;
#[cfg(test)]
mod cache;
#[cfg(test)]
mod command;
#[cfg(test)]
mod container;
#[cfg(test)]
mod conversation;
#[cfg(test)]
mod driver;
#[cfg(test)]
mod order;
#[cfg(test)]
mod play;
#[cfg(test)]
mod process;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod redaction;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod sso;
#[cfg(test)]
mod v1;
#[cfg(test)]
mod wire;
#[cfg(test)]
mod world;
