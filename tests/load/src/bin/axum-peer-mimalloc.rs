//! Bare axum with the allocator that ours has.

#[path = "axum-peer.rs"]
mod peer;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    peer::main()
}
