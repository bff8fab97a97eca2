//! A map by stream id. A session has two or three streams for most of its life: a sorted list is smaller than a tree.

use crate::stream::StreamId;

/// Values by stream id.
#[derive(Debug)]
pub struct StreamMap<T>(Vec<(StreamId, T)>);

impl<T> Default for StreamMap<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> StreamMap<T> {
    fn place(&self, id: StreamId) -> Result<usize, usize> {
        // New streams have the highest ids.
        match self.0.last() {
            Some((last, _)) if *last < id => Err(self.0.len()),
            _ => self.0.binary_search_by_key(&id, |(id, _)| *id),
        }
    }

    /// The value of a stream.
    pub fn get(&self, id: &StreamId) -> Option<&T> {
        self.0.get(self.place(*id).ok()?).map(|(_, value)| value)
    }

    /// The value of a stream.
    pub fn get_mut(&mut self, id: &StreamId) -> Option<&mut T> {
        let place = self.place(*id).ok()?;
        self.0.get_mut(place).map(|(_, value)| value)
    }

    /// Whether there is a value.
    pub fn contains_key(&self, id: &StreamId) -> bool {
        self.place(*id).is_ok()
    }

    /// Sets the value of a stream; the one that was there.
    pub fn insert(&mut self, id: StreamId, value: T) -> Option<T> {
        match self.place(id) {
            Ok(place) => self.0.get_mut(place).map(|(_, old)| std::mem::replace(old, value)),
            Err(place) => {
                self.0.insert(place, (id, value));
                None
            }
        }
    }

    /// Takes the value of a stream out, and gives memory back after a rush.
    pub fn remove(&mut self, id: &StreamId) -> Option<T> {
        let (_, value) = self.0.remove(self.place(*id).ok()?);
        if self.0.capacity() > 8 && self.0.len() < self.0.capacity() / 4 {
            self.0.shrink_to(self.0.len() * 2);
        }
        Some(value)
    }

    /// The streams, in order.
    pub fn keys(&self) -> impl Iterator<Item = StreamId> + '_ {
        self.0.iter().map(|(id, _)| *id)
    }

    #[cfg(test)]
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_finds_what_was_put_into_it_in_any_order() {
        let mut map = StreamMap::default();
        for id in [5, 1, 9, 2, 3, 9] {
            map.insert(StreamId(id), id * 10);
        }
        assert_eq!(map.keys().map(|id| id.0).collect::<Vec<_>>(), [1, 2, 3, 5, 9]);
        assert_eq!(map.insert(StreamId(2), 7), Some(20));
        assert_eq!(map.remove(&StreamId(2)), Some(7));
        assert_eq!(map.remove(&StreamId(2)), None);
        assert!(map.contains_key(&StreamId(9)) && !map.contains_key(&StreamId(8)));
        *map.get_mut(&StreamId(9)).expect("there") += 1;
        assert_eq!((map.get(&StreamId(9)), map.len()), (Some(&91), 4));
        for id in 10..100 {
            map.insert(StreamId(id), 0);
        }
        for id in 10..100 {
            map.remove(&StreamId(id));
        }
        assert!(map.len() == 4 && map.0.capacity() <= 16 && !map.is_empty());
    }
}
