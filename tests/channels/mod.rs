//! External steps, tested from outside: messages over real sockets, processes killed around them, answers returned.

mod callback;
mod command;
mod email;
mod receiver;
mod scene;
mod smtp;
mod webhook;
