//! A node of the encrypted network.
mod defaults;
mod netstack;
