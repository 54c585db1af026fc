// What the relay sends: messages as the store has them, or changed for a server that takes less.
#pragma once

#include <string>

#include "protocols/mime/downgrade.h"
#include "protocols/smtp/client.h"
#include "storage/store.h"

namespace postroom::relay {

/// A message in the store. Throws StoreFault where it is not whole.
class StoredContent : public smtp::MailSource {
 public:
  StoredContent(Store& store, const QueuedMail& mail) : store_(store), mail_(mail) {}

  /// Without our Return-Path, which only the last server writes (RFC 5321 4.4).
  Task<> begin();
  std::uint64_t size() const { return mail_.size - skipped_; }

  Task<std::string> read(std::uint64_t offset) override;

 private:
  Store& store_;
  const QueuedMail& mail_;
  std::string first_;  // of most messages it is all
  std::uint64_t skipped_ = 0;
};

/// The same, changed on the way.
class ConvertedContent : public smtp::MailSource {
 public:
  ConvertedContent(Runtime& runtime, smtp::MailSource& from, mime::Conversion conversion)
      : runtime_(runtime), from_(from), converter_(std::move(conversion)) {}

  /// From its beginning to its end, each piece once.
  Task<std::string> read(std::uint64_t offset) override;

 private:
  Runtime& runtime_;
  smtp::MailSource& from_;
  mime::Converter converter_;
  std::uint64_t taken_ = 0;
  bool finished_ = false;
};

/// Its envelope, and what its sender wants, in a transaction that begins now.
smtp::OutgoingMail outgoing_mail(const QueuedMail& mail, WallTime now);

/// What a server takes without being asked for more than it offers.
ContentForm carried_by(const smtp::Abilities& abilities);

/// How a message has to be changed for a way that carries so much. Reads all of it, twice.
Task<mime::Conversion> survey(Runtime& runtime, smtp::MailSource& content, ContentForm carried);

/// What the sender is told when it cannot be: conversion required but not supported (RFC 3463 3.7).
smtp::RemoteReply not_converted(const mime::Conversion& conversion);

}  // namespace postroom::relay
