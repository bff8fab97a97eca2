//! The smallest program of our kind: a runtime, a listener, nothing else. The floor that memory is compared with.

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        listener.accept().await?;
        Ok(())
    })
}
