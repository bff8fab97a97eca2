//! A WebSocket connection (RFC 6455) as a byte stream: payloads of binary messages, joined; message boundaries mean
//! nothing. Holds no message in memory, in either direction.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

mod header;

use header::{Header, HeaderReader, Opcode, encode_header};

/// Largest payload that is put in one message: peers with small read limits accept it.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// The server's end of an established WebSocket connection.
pub struct WebSocketStream<S> {
    inner: S,
    header: HeaderReader,
    reading: Reading,
    writing: Writing,
    /// A control frame to send at the next frame boundary.
    control: Option<Vec<u8>>,
    close_sent: bool,
}

enum Reading {
    Header,
    Payload { left: u64, mask: [u8; 4], offset: usize },
    Control { opcode: Opcode, mask: [u8; 4], payload: Vec<u8>, left: usize },
    Ended,
}

/// What has been announced to the peer and is not written yet.
#[derive(Default)]
struct Writing {
    header: Vec<u8>,
    payload_left: usize,
}

impl<S> WebSocketStream<S> {
    /// Over a connection whose HTTP upgrade is complete.
    pub fn server(inner: S) -> Self {
        Self {
            inner,
            header: HeaderReader::default(),
            reading: Reading::Header,
            writing: Writing::default(),
            control: None,
            close_sent: false,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for WebSocketStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if out.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            match &mut this.reading {
                Reading::Ended => return Poll::Ready(Ok(())),
                Reading::Header => match ready!(this.header.poll(&mut this.inner, cx))? {
                    None => this.reading = Reading::Ended,
                    Some(header) => this.reading = begin(header)?,
                },
                Reading::Payload { left: 0, .. } => this.reading = Reading::Header,
                Reading::Payload { left, mask, offset } => {
                    let limit = out.remaining().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    let length = ready!(poll_read_limited(&mut this.inner, cx, out, limit))?;
                    if length == 0 {
                        return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                    }
                    let filled = out.filled_mut();
                    let start = filled.len() - length;
                    unmask(&mut filled[start..], *mask, *offset);
                    *offset = (*offset + length) % 4;
                    *left -= length as u64;
                    return Poll::Ready(Ok(()));
                }
                Reading::Control { left: 0, opcode, payload, mask } => {
                    unmask(payload, *mask, 0);
                    match opcode {
                        Opcode::Ping => this.control = Some(frame(Opcode::Pong, payload)),
                        Opcode::Close => {
                            // The status is echoed; an empty body has none.
                            let status = payload.get(..2).unwrap_or_default();
                            this.control = Some(frame(Opcode::Close, status));
                        }
                        _ => {}
                    }
                    this.reading = if *opcode == Opcode::Close { Reading::Ended } else { Reading::Header };
                    // As far as it can be written now; else with the next write.
                    let _ = this.poll_boundary(cx)?;
                }
                Reading::Control { payload, left, .. } => {
                    let mut byte = [0];
                    let mut buffer = ReadBuf::new(&mut byte);
                    if ready!(poll_read_limited(&mut this.inner, cx, &mut buffer, 1))? == 0 {
                        return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
                    }
                    payload.push(byte[0]);
                    *left -= 1;
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocketStream<S> {
    /// Finishes the header of the present frame or, between frames, a waiting control frame.
    fn poll_boundary(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            while !self.writing.header.is_empty() {
                let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.writing.header))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.writing.header.drain(..written);
            }
            if self.writing.payload_left > 0 {
                return Poll::Ready(Ok(()));
            }
            match self.control.take() {
                Some(control) => {
                    self.close_sent |= control[0] & 0x0F == Opcode::Close as u8;
                    self.writing.header = control;
                }
                None => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for WebSocketStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.writing.payload_left == 0 {
            ready!(this.poll_boundary(cx))?;
            if this.close_sent {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            let total: usize = slices.iter().map(|slice| slice.len()).sum();
            let length = total.min(MAX_MESSAGE_BYTES);
            if length == 0 {
                return Poll::Ready(Ok(0));
            }
            this.writing.payload_left = length;
            this.writing.header = encode_header(Opcode::Binary, length);
        }
        // Header and payload in one call, so that they become one segment or TLS record.
        let mut parts: [IoSlice<'_>; 65] = [IoSlice::new(&[]); 65];
        let header_length = this.writing.header.len();
        parts[0] = IoSlice::new(&this.writing.header);
        let mut left = this.writing.payload_left;
        let mut count = 1;
        for slice in slices.iter().take(parts.len() - 1) {
            let part = &slice[..slice.len().min(left)];
            left -= part.len();
            parts[count] = IoSlice::new(part);
            count += 1;
            if left == 0 {
                break;
            }
        }
        let first = usize::from(header_length == 0);
        let written = ready!(Pin::new(&mut this.inner).poll_write_vectored(cx, &parts[first..count]))?;
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        let of_header = written.min(header_length);
        this.writing.header.drain(..of_header);
        let of_payload = written - of_header;
        this.writing.payload_left -= of_payload;
        if of_payload == 0 {
            // Only the header went out: a zero would mean the end.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(of_payload))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_boundary(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.close_sent && this.control.as_ref().is_none_or(|control| control[0] & 0x0F != Opcode::Close as u8) {
            this.control = Some(frame(Opcode::Close, &1000u16.to_be_bytes()));
        }
        // In the middle of a message no close frame can be sent; the peer sees the end of the stream.
        if this.writing.payload_left == 0 {
            ready!(this.poll_boundary(cx))?;
        }
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}

fn begin(header: Header) -> io::Result<Reading> {
    match header.opcode {
        Opcode::Binary | Opcode::Continuation => {
            Ok(Reading::Payload { left: header.length, mask: header.mask, offset: 0 })
        }
        Opcode::Ping | Opcode::Pong | Opcode::Close if header.length <= 125 => Ok(Reading::Control {
            opcode: header.opcode,
            mask: header.mask,
            payload: Vec::new(),
            left: header.length as usize,
        }),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "WebSocket frame that is not allowed here")),
    }
}

fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut bytes = encode_header(opcode, payload.len());
    bytes.extend_from_slice(payload);
    bytes
}

fn poll_read_limited<S: AsyncRead + Unpin>(
    inner: &mut S,
    cx: &mut Context<'_>,
    out: &mut ReadBuf<'_>,
    limit: usize,
) -> Poll<io::Result<usize>> {
    let mut part = ReadBuf::new(out.initialize_unfilled_to(limit));
    ready!(Pin::new(inner).poll_read(cx, &mut part))?;
    let length = part.filled().len();
    out.advance(length);
    Poll::Ready(Ok(length))
}

fn unmask(bytes: &mut [u8], mut mask: [u8; 4], offset: usize) {
    mask.rotate_left(offset);
    let (words, rest) = bytes.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests;
