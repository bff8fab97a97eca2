//! A node of the encrypted network.
mod defaults;
mod netstack;
mod addr; mod core; mod wg;
mod relay;
