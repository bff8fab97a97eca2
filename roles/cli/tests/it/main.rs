//! The command line against the recorded inventory of the official one.

mod inventory;
