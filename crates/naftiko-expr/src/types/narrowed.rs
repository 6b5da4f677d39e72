//! Types that are narrowed by proofs.

use super::{Field, Presence, Type};

impl Type {
    /// The values of the type in which the path `fields` is there, and is not null unless `may_be_null`; an empty path
    /// is the value itself. A type that cannot be narrowed is returned unchanged.
    pub(crate) fn having(&self, fields: &[&str], may_be_null: bool) -> Self {
        if self.has(fields, may_be_null) { self.clone() } else { self.narrowed(fields, may_be_null) }
    }

    /// Whether every value of the type is known to fulfill this already.
    fn has(&self, fields: &[&str], may_be_null: bool) -> bool {
        let Some((first, rest)) = fields.split_first() else { return may_be_null || !self.is_nullable() };
        self.field(first)
            .is_none_or(|field| field.presence == Presence::Always && field.ty.has(rest, may_be_null))
    }

    fn narrowed(&self, fields: &[&str], may_be_null: bool) -> Self {
        let Some((first, rest)) = fields.split_first() else {
            let given = self.split_null().0;
            return if given.is_nothing() { self.clone() } else { given };
        };
        let having = |member: Self| match member {
            Self::Any => Some(Self::Any),
            Self::Object(mut object) => {
                let field = object.field(first).filter(|field| field.presence != Presence::Never)?;
                let field = Field { ty: field.ty.having(rest, may_be_null), presence: Presence::Always };
                object.proved.retain(|(name, _)| name != first);
                object.proved.push(((*first).to_owned(), field));
                Some(Self::Object(object))
            }
            _ => None,
        };
        let members: Vec<Self> = self.members().into_iter().filter_map(having).collect();
        if members.is_empty() { self.clone() } else { Self::union(members) }
    }
}
