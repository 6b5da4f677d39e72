//! The durable journal through its public API, with real files and real processes.

#[cfg(test)]
mod altered;
#[cfg(test)]
mod approvals;
#[cfg(test)]
mod child;
#[cfg(test)]
mod due;
#[cfg(test)]
mod found;
#[cfg(test)]
mod inbox;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod killed;
#[cfg(test)]
mod leases;
#[cfg(test)]
mod lost;
#[cfg(test)]
mod opened;
#[cfg(test)]
mod protected;
#[cfg(test)]
mod pruned;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod sealed;
#[cfg(test)]
mod unstarted;
