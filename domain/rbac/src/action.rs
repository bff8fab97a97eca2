//! What can be done to an object.

/// One action. The text is the name in the API (rest.md §15.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Action {
    /// `application_connect`
    ApplicationConnect,
    /// `assign`
    Assign,
    /// `create`
    Create,
    /// `create_agent`
    CreateAgent,
    /// `delete`
    Delete,
    /// `delete_agent`
    DeleteAgent,
    /// `read`
    Read,
    /// `read_personal`
    ReadPersonal,
    /// `ssh`
    Ssh,
    /// `share`
    Share,
    /// `unassign`
    Unassign,
    /// `update`
    Update,
    /// `update_agent`
    UpdateAgent,
    /// `update_personal`
    UpdatePersonal,
    /// `use`
    Use,
    /// `view_insights`
    ViewInsights,
    /// `start`
    Start,
    /// `stop`
    Stop,
}

impl Action {
    /// Every action, in the order of the bits.
    pub const ALL: [Self; 18] = [
        Self::ApplicationConnect,
        Self::Assign,
        Self::Create,
        Self::CreateAgent,
        Self::Delete,
        Self::DeleteAgent,
        Self::Read,
        Self::ReadPersonal,
        Self::Ssh,
        Self::Share,
        Self::Unassign,
        Self::Update,
        Self::UpdateAgent,
        Self::UpdatePersonal,
        Self::Use,
        Self::ViewInsights,
        Self::Start,
        Self::Stop,
    ];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ApplicationConnect => "application_connect",
            Self::Assign => "assign",
            Self::Create => "create",
            Self::CreateAgent => "create_agent",
            Self::Delete => "delete",
            Self::DeleteAgent => "delete_agent",
            Self::Read => "read",
            Self::ReadPersonal => "read_personal",
            Self::Ssh => "ssh",
            Self::Share => "share",
            Self::Unassign => "unassign",
            Self::Update => "update",
            Self::UpdateAgent => "update_agent",
            Self::UpdatePersonal => "update_personal",
            Self::Use => "use",
            Self::ViewInsights => "view_insights",
            Self::Start => "start",
            Self::Stop => "stop",
        }
    }

    /// The action of a name; `None` for an unknown one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// A set of actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Actions(pub(crate) u32);

impl Actions {
    /// No action.
    pub const NONE: Self = Self(0);
    /// Every action.
    pub const ALL: Self = Self((1 << Action::ALL.len()) - 1);
    /// create, read, update, delete.
    pub const CRUD: Self = Self::of(&[Action::Create, Action::Read, Action::Update, Action::Delete]);
    /// read alone.
    pub const READ: Self = Self::of(&[Action::Read]);

    /// The set of these actions.
    pub const fn of(actions: &[Action]) -> Self {
        let (mut bits, mut i) = (0, 0);
        while i < actions.len() {
            bits |= 1 << actions[i] as u32;
            i += 1;
        }
        Self(bits)
    }

    /// Both sets together.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without the other's members.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Membership.
    pub const fn contains(self, action: Action) -> bool {
        self.0 & (1 << action as u32) != 0
    }

    /// True when `other` holds nothing that this set lacks.
    pub const fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// The members, in order.
    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::ALL.into_iter().filter(move |action| self.contains(*action))
    }
}
