// Certificates that change: see certificate_watch.h.
#include "server/certificate_watch.h"

#include <stdexcept>
#include <sys/stat.h>
#include <utility>

#include "base/log.h"

namespace postroom {

namespace {

constexpr std::time_t kDay = 24 * 3600;
constexpr std::time_t kNear = 14 * kDay;

}  // namespace

std::vector<CertificateFiles> certificate_files(const TlsConfig& config) {
  std::vector<CertificateFiles> files;
  if (!config.certificate.empty()) files.push_back({config.certificate, config.key});
  for (const auto& [certificate, key] : config.more) files.push_back({certificate, key});
  return files;
}

std::vector<CertificateWatch::Look> CertificateWatch::looks_of(const std::vector<CertificateFiles>& files) {
  std::vector<Look> looks;
  for (const CertificateFiles& pair : files) {
    for (const std::filesystem::path* const file : {&pair.certificate, &pair.key}) {
      Look look;
      struct stat info{};
      if (::stat(file->c_str(), &info) == 0) {
        look.device = info.st_dev;
        look.inode = info.st_ino;
        look.size = info.st_size;
        // The time of status changes: other than that of content, nobody sets it, and chmod counts too.
        look.seconds = info.st_ctim.tv_sec;
        look.nanoseconds = info.st_ctim.tv_nsec;
      }
      looks.push_back(look);
    }
  }
  return looks;
}

CertificateWatch::CertificateWatch(Files files)
    : which_(std::move(files)),
      files_(which_()),
      looks_(looks_of(files_)),  // before they are read: a change in between is seen at the next look
      certificates_(load_tls_certificates(files_)) {}

CertificateWatch::News CertificateWatch::look() {
  News news;
  try {
    std::vector<CertificateFiles> files = which_();
    std::vector<Look> looks = looks_of(files);
    if (files == files_ && looks == looks_) return news;
    files_ = std::move(files);
    looks_ = std::move(looks);
    certificates_ = load_tls_certificates(files_);
    news.renewed = true;
    problem_.clear();
    told_ = 0;
  } catch (const std::runtime_error& error) {
    if (error.what() != problem_) news.problem = error.what();
    problem_ = error.what();
  }
  return news;
}

std::vector<CertificateEnd> CertificateWatch::ending(std::time_t now) {
  std::vector<CertificateEnd> near;
  if (now - told_ < kDay) return near;
  for (const CertificateEnd& end : certificates_.ends)
    if (end.at - now < kNear) near.push_back(end);
  if (!near.empty()) told_ = now;
  return near;
}

void log_end(const CertificateEnd& end, std::time_t now) {
  std::tm broken{};
  char day[32] = "";
  ::gmtime_r(&end.at, &broken);
  std::strftime(day, sizeof day, "%Y-%m-%d", &broken);
  log::warning(end.at <= now ? "tls.certificate_expired" : "tls.certificate_expires",
               {{"certificate", end.certificate.string()},
                {"on", day},
                {"advice", "renew it, or see why its renewal fails; new files are noticed within a minute"}});
}

}  // namespace postroom
