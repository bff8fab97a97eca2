//! The C library's allocator, told to give memory back: a server is at rest most of the time.

/// Blocks of this size and above are pages of their own, which go back to the system when they are freed: the memory of
/// a password's hash (19 MiB), programs that are compressed, large answers.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const OWN_PAGES: std::ffi::c_int = 512 * 1024;

/// Sets up the allocator. To be called before the first thread starts.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "the allocator has no other interface")]
pub(crate) fn set_up() {
    // Left alone, both limits grow to 32 and 64 MiB with the first large block that is freed, and each thread may have
    // a heap of its own.
    let heaps = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    // SAFETY: takes two numbers; no other thread runs yet. What it does not know it refuses, which is harmless.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, OWN_PAGES);
        libc::mallopt(libc::M_TRIM_THRESHOLD, OWN_PAGES);
        libc::mallopt(libc::M_ARENA_MAX, std::ffi::c_int::try_from(heaps).unwrap_or(2));
    }
}

/// Other systems' allocators are left as they are.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn set_up() {}
