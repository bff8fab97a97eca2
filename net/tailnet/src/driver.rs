//! The loop of a node: events in, the core's decisions out.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;
use uuid::Uuid;
use warren_disco::{DiscoPublic, NodePublic};
use warren_proto::tailnet as proto;

use crate::command::{Command, RawStats};
use crate::core::{Engine, Keys, RegionId};
use crate::defaults::{EVENT_QUEUE, MEASURE_LATER};
use crate::links::{Links, Tasks};
use crate::map::{self, Region};
use crate::netstack::Doorbell;
use crate::relay::{self, Dialer, Event, EventKind};

pub(crate) struct Setup {
    pub id: Uuid,
    pub keys: Keys,
    pub addresses: Vec<Ipv6Addr>,
    pub derp_map: proto::DerpMap,
    pub access_url: Url,
    pub force_websocket: bool,
    pub short_lived: bool,
    pub dialer: Dialer,
    pub doorbell: Arc<Doorbell>,
    pub publish: watch::Sender<Option<proto::Node>>,
    pub tracker: TaskTracker,
    pub cancel: CancellationToken,
}

type Latencies = BTreeMap<RegionId, Duration>;

struct Driver {
    id: Uuid,
    public: (NodePublic, DiscoPublic),
    addresses: Vec<Ipv6Addr>,
    access_url: Url,
    dialer: Dialer,
    publish: watch::Sender<Option<proto::Node>>,
    tracker: TaskTracker,
    cancel: CancellationToken,
    engine: Engine,
    links: Links,
    regions: BTreeMap<RegionId, Region>,
    home: Option<RegionId>,
    /// The home relay has been connected: peers can reach us.
    reachable: bool,
    latencies: Latencies,
    measured: mpsc::Sender<Latencies>,
    short_lived: bool,
    forced: BTreeMap<i32, String>,
}

/// The clock of tokio, so that tests can pause it.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Runs a node until it is cancelled.
pub(crate) async fn run(setup: Setup, mut commands: mpsc::Receiver<Command>) {
    let (events_in, mut events) = mpsc::channel(EVENT_QUEUE);
    let (measured, mut measurements) = mpsc::channel(1);
    let doorbell = setup.doorbell.clone();
    let cancel = setup.cancel.clone();
    let mut driver = Driver::new(setup, events_in, measured);
    loop {
        driver.turn(now());
        let deadline = driver.next_deadline();
        tokio::select! {
            () = cancel.cancelled() => break,
            Some(command) = commands.recv() => driver.handle_command(now(), command),
            Some(event) = events.recv() => {
                driver.handle_event(now(), event);
                // What else came meanwhile shares the turn: acknowledgements are made once for all of it.
                for _ in 0..EVENT_QUEUE {
                    let Ok(event) = events.try_recv() else { break };
                    driver.handle_event(now(), event);
                }
            }
            Some(latencies) = measurements.recv() => driver.handle_measured(latencies),
            () = doorbell.rung() => {}
            () = sleep_until(deadline) => {}
        }
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

impl Driver {
    fn new(setup: Setup, events: mpsc::Sender<Event>, measured: mpsc::Sender<Latencies>) -> Self {
        let public = (setup.keys.node.public(), setup.keys.disco.public());
        let tasks = Tasks { tracker: setup.tracker.clone(), cancel: setup.cancel.clone(), events };
        let links = Links::new(setup.keys.node.duplicate(), setup.dialer.clone(), setup.force_websocket, tasks);
        let engine = Engine::new(setup.keys, setup.addresses.clone(), setup.doorbell, rand::random());
        let mut driver = Self {
            id: setup.id,
            public,
            addresses: setup.addresses,
            access_url: setup.access_url,
            dialer: setup.dialer,
            publish: setup.publish,
            tracker: setup.tracker,
            cancel: setup.cancel,
            engine,
            links,
            regions: BTreeMap::new(),
            home: None,
            reachable: false,
            latencies: BTreeMap::new(),
            measured,
            short_lived: setup.short_lived,
            forced: BTreeMap::new(),
        };
        driver.set_derp_map(&setup.derp_map);
        driver
    }

    /// Lets the core and the relay connections do what is due.
    fn turn(&mut self, now: Instant) {
        self.engine.handle_timeout(now);
        loop {
            self.engine.flush(now);
            if !self.links.hand_over(now, &mut self.engine.outbox, &self.regions) {
                break;
            }
            self.engine.handle_room();
        }
        for region in self.links.close_idle(now, self.home) {
            self.engine.handle_region_closed(region);
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        [self.engine.poll_timeout(), self.links.poll_timeout(self.home)].into_iter().flatten().min()
    }

    fn handle_event(&mut self, now: Instant, event: Event) {
        let Event { region, link, kind } = event;
        if !self.links.is_current(region, link) {
            return;
        }
        match kind {
            EventKind::Open => {
                self.links.opened(region);
                self.engine.handle_region_open(now, region);
                if self.home == Some(region) {
                    self.reachable = true;
                    self.publish();
                }
            }
            EventKind::Closed => {
                self.links.closed(region);
                self.engine.handle_region_closed(region);
            }
            EventKind::Packets(packets) => {
                for (source, packet) in packets {
                    self.engine.handle_packet(now, region, &source, &packet);
                }
            }
            EventKind::PeerGone(peer) => self.engine.handle_peer_gone(region, &peer),
            EventKind::Written(buffer) => self.links.written(region, buffer),
            EventKind::ForcedWebSocket(reason) => {
                self.forced.insert(region.into(), reason);
                self.publish();
            }
        }
    }

    fn handle_command(&mut self, now: Instant, command: Command) {
        // Replies go to callers that may have given up meanwhile: not an error.
        match command {
            Command::SetDerpMap(map) => self.set_derp_map(&map),
            Command::SetAddresses(addresses) => {
                self.engine.set_addresses(addresses.clone());
                self.addresses = addresses;
                self.publish();
            }
            Command::SetForceWebSocket(force) => self.links.set_force_websocket(force),
            Command::Listen { port, reply } => {
                let _ = reply.send(self.engine.stack.listen(port));
            }
            Command::Forward { reply } => {
                let _ = reply.send(self.engine.stack.forward());
            }
            Command::Connect { to, reply } => {
                let _ = reply.send(self.engine.stack.connect(now, to));
            }
            Command::ForwardUdp { reply } => {
                let _ = reply.send(self.engine.stack.forward_udp());
            }
            Command::ConnectUdp { to, reply } => {
                let _ = reply.send(self.engine.stack.connect_udp(to));
            }
            Command::Ping { peer, reply, codes } => {
                let known = self.engine.knows(&peer);
                let list = || self.regions.iter().map(|(id, region)| (*id, region.code.clone())).collect();
                let _ = codes.send(known.then(list));
                self.engine.ping(now, &peer, reply);
            }
            Command::Probe { peer, reply } => self.engine.probe(now, &peer, reply),
            Command::Expect(peer) => self.engine.expect(peer),
            Command::Forget(peer) => self.engine.forget(now, peer),
            Command::Update { updates, reply } => {
                let known = updates
                    .into_iter()
                    .filter_map(|(id, update)| self.engine.handle_update(now, id, update).then_some(id));
                let known = known.collect();
                let _ = reply.send(known);
            }
            Command::CoordinationLost => self.engine.handle_coordination_lost(now),
            Command::Knows { peer, reply } => {
                let _ = reply.send(self.engine.knows(&peer));
            }
            Command::Stats { reply } => {
                let (_, tcp_connections) = self.engine.stack.take_counts();
                let _ = reply.send(RawStats {
                    traffic: self.engine.take_traffic(),
                    tcp_connections,
                    active: self.engine.active_peers(now),
                    peers: self.engine.peer_count(),
                    home: self.home,
                });
            }
        }
    }

    fn set_derp_map(&mut self, map: &proto::DerpMap) {
        let regions = map::regions(map, &self.access_url);
        if regions == self.regions {
            return;
        }
        let old = std::mem::replace(&mut self.regions, regions);
        for (region, description) in old {
            if self.regions.get(&region) == Some(&description) {
                continue;
            }
            if self.links.close(region) {
                self.engine.handle_region_closed(region);
            }
            self.forced.remove(&i32::from(region));
            self.latencies.remove(&region);
            if self.home == Some(region) {
                self.home = None;
                self.reachable = false;
            }
        }
        let choices = self.regions.values().filter(|region| !region.avoid).count();
        if self.home.is_none() && (choices == 1 || self.regions.len() == 1) {
            // Nothing to compare: no need to wait for the measurement.
            self.choose_home();
        }
        let only_informs = self.short_lived && self.home.is_some();
        self.measure(if only_informs { MEASURE_LATER } else { Duration::ZERO });
    }

    fn measure(&self, delay: Duration) {
        let (dialer, measured, cancel) = (self.dialer.clone(), self.measured.clone(), self.cancel.clone());
        let in_process = dialer.in_process.is_some();
        let remote = |(_, region): &(&RegionId, &Region)| !(in_process && region.embedded);
        let targets = self.regions.iter().filter(remote).map(|(id, region)| (*id, region.targets.clone())).collect();
        let own = self.regions.iter().filter(|entry| !remote(entry)).map(|(id, _)| (*id, Duration::ZERO));
        let own: Latencies = own.collect();
        self.tracker.spawn(async move {
            let work = async {
                tokio::time::sleep(delay).await;
                let mut latencies = relay::measure(&dialer, targets).await;
                latencies.extend(own);
                // The receiver lives as long as the node.
                let _ = measured.send(latencies).await;
            };
            tokio::select! {
                () = cancel.cancelled() => {}
                () = work => {}
            }
        });
    }

    fn handle_measured(&mut self, latencies: Latencies) {
        self.latencies = latencies;
        self.latencies.retain(|region, _| self.regions.contains_key(region));
        if self.home.is_none() {
            self.choose_home();
        }
        self.publish();
    }

    /// The nearest region; among equals, or when nothing was measured, the one with the lowest number.
    fn choose_home(&mut self) {
        let cost = |(id, region): &(&RegionId, &Region)| {
            let latency = self.latencies.get(id).map_or(f64::MAX, |latency| latency.as_secs_f64() * region.score);
            (region.avoid, latency)
        };
        let best =
            self.regions.iter().min_by(|a, b| cost(a).partial_cmp(&cost(b)).unwrap_or(std::cmp::Ordering::Equal));
        self.home = best.map(|(id, _)| *id);
        self.reachable = self.home.is_some_and(|home| self.links.is_open(home));
        tracing::debug!(home = ?self.home, "home region chosen");
        self.links.set_home(self.home, &self.regions);
    }

    /// Makes the own record known, if it can be used and differs from the last one.
    fn publish(&self) {
        let Some(home) = self.home.filter(|_| self.reachable) else { return };
        let addresses: Vec<_> = self.addresses.iter().map(|address| format!("{address}/128")).collect();
        let mut node = proto::Node {
            id: warren_disco::address::numeric_node_id(self.id.into_bytes()).max(1),
            as_of: None,
            key: self.public.0.to_prefixed_bytes().to_vec().into(),
            disco: self.public.1.to_string(),
            preferred_derp: home.into(),
            derp_latency: self.latencies.iter().map(|(id, at)| (format!("{id}-v4"), at.as_secs_f64())).collect(),
            derp_forced_websocket: self.forced.clone(),
            allowed_ips: addresses.clone(),
            addresses,
            endpoints: Vec::new(),
        };
        self.publish.send_if_modified(|published| {
            node.as_of = published.as_ref().and_then(|old| old.as_of);
            if published.as_ref() == Some(&node) {
                return false;
            }
            node.as_of = Some(timestamp());
            *published = Some(node);
            true
        });
    }
}

fn timestamp() -> prost_types::Timestamp {
    let now = jiff::Timestamp::now();
    prost_types::Timestamp { seconds: now.as_second(), nanos: now.subsec_nanosecond() }
}
