//+------------------------------------------------------------------+
//|                                                      Journal.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_JOURNAL_MQH
#define MT5CONNECTOR_AGENT_JOURNAL_MQH
#include <MT5Connector/Agent/JournalEntry.mqh>
#include <MT5Connector/Agent/JournalFile.mqh>
#include <MT5Connector/Agent/TextIndex.mqh>

//+------------------------------------------------------------------+
//| The durable memory of the agent (docs/protocol.md, 6.4)        |
//+------------------------------------------------------------------+
class CJournal
  {
private:
   CJournalFile      m_file;
   CTextIndex        m_index;
   int               m_sequence[];
   string            m_pending[];
   long              m_login;
   string            m_server;
   long              m_epoch;
   long              m_last_ms;
   long              m_base_ms;
   long              m_floor_epoch;
   long              m_floor_issued;
   long              m_floor_utc;
   long              m_settled;
   long              m_retention_ms;
   int               m_entries_max;
   long              m_image_bytes;
   string            m_fault;
   string            AccountRecord(void) const;
   string            EpochRecord(void) const;
   string            FloorRecord(void) const;
   bool              Apply(const string record);
   void              ApplyCommand(const CJsonReader &reader);
   void              ApplyOutcome(const CJsonReader &reader,const bool tombstone);
   int               AddEntry(const string client,const string id);
   void              Queue(const string record);
   bool              Image(string &records[]) const;
   static string     Text(const CJsonReader &reader,const int object,const string name);
   static long       Whole(const CJsonReader &reader,const int object,const string name);
   static ulong      Ticket(const CJsonReader &reader,const int object,const string name);
public:
   SJournalEntry     entries[];
                     CJournal(void);
   bool              Open(const long login,const string server,const int entries_max,const long retention_ms);
   void              Close(void);
   bool              IsOpen(void) const { return(m_file.IsOpen()); }
   string            Fault(void) const { return(m_fault); }
   bool              FlushesDisk(void) const { return(m_file.FlushesDisk()); }
   long              Epoch(void) const { return(m_epoch); }
   long              SinceUtcMs(void) const { return(m_floor_utc); }
   int               Count(void) const { return(m_index.Count()); }
   bool              HasRoom(const bool closes) const;
   bool              IsBelowFloor(const long epoch,const long issued_at) const { return(CNames::Before(epoch,issued_at,m_floor_epoch,m_floor_issued)); }
   int               Find(const string client,const string id) const { return(m_index.Find(client+" "+id)); }
   int               Sequence(void) const { return(ArraySize(m_sequence)); }
   int               SlotAt(const int place) const { return(m_sequence[place]); }
   int               Stage(const string client,const string id,const long now);
   void              Unstage(const int slot);
   int               AddTombstone(const string client,const string id,const long now);
   void              Settle(const int slot,const ENUM_OUTCOME_STATE state,const long retcode,const ulong ticket,const string outcome);
   bool              Acknowledge(const string client,const string id);
   bool              Commit(void);
   bool              IsBroken(void) const { return(m_file.IsRagged()); }
   int               DropOld(const long now,int &dropped[]);
   int               Unacknowledged(const string client,int &slots[]) const;
   bool              IsClaimed(const ulong ticket,const int but) const;
  };
//+------------------------------------------------------------------+
//| Closed                                                         |
//+------------------------------------------------------------------+
CJournal::CJournal(void)
  {
   m_login=0;
   m_server="";
   m_epoch=0;
   m_last_ms=0;
   m_base_ms=0;
   m_floor_epoch=0;
   m_floor_issued=0;
   m_floor_utc=0;
   m_settled=0;
   m_retention_ms=0;
   m_entries_max=0;
   m_image_bytes=0;
   m_fault="";
  }
//+------------------------------------------------------------------+
//| A text of a record                                             |
//+------------------------------------------------------------------+
static string CJournal::Text(const CJsonReader &reader,const int object,const string name)
  {
   string value="";
   if(!reader.GetText(reader.Find(object,name),value))
      return("");
   return(value);
  }
//+------------------------------------------------------------------+
//| A whole number of a record                                     |
//+------------------------------------------------------------------+
static long CJournal::Whole(const CJsonReader &reader,const int object,const string name)
  {
   long value=0;
   if(!reader.GetLong(reader.Find(object,name),value))
      return(0);
   return(value);
  }
//+------------------------------------------------------------------+
//| A ticket of a record                                           |
//+------------------------------------------------------------------+
static ulong CJournal::Ticket(const CJsonReader &reader,const int object,const string name)
  {
   ulong value=0;
   if(!reader.GetUlong(reader.Find(object,name),value))
      return(0);
   return(value);
  }
//+------------------------------------------------------------------+
//| Whose journal it is                                            |
//+------------------------------------------------------------------+
string CJournal::AccountRecord(void) const
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"k","journal");
   CRecordWriter::Integer(json,"v",1);
   json.Name("login");
   json.LongText(m_login);
   CRecordWriter::Word(json,"server",m_server);
   json.EndObject();
   return(json.Whole());
  }
//+------------------------------------------------------------------+
//| The epoch                                                      |
//+------------------------------------------------------------------+
string CJournal::EpochRecord(void) const
  {
   return("{\"k\":\"epoch\",\"epoch\":"+(string)m_epoch+",\"t\":"+(string)m_last_ms+"}");
  }
//+------------------------------------------------------------------+
//| The stamp from which the journal vouches to be complete        |
//+------------------------------------------------------------------+
string CJournal::FloorRecord(void) const
  {
   return("{\"k\":\"floor\",\"e\":"+(string)m_floor_epoch+",\"i\":"+(string)m_floor_issued+",\"u\":"+(string)m_floor_utc+
          ",\"t\":"+(string)m_last_ms+"}");
  }
//+------------------------------------------------------------------+
//| An entry of that name; the earlier one stands, for a record may be written twice. -1 without memory|
//+------------------------------------------------------------------+
int CJournal::AddEntry(const string client,const string id)
  {
   int known=m_index.Find(client+" "+id);
   if(known>=0)
      return(known);
   int slot=m_index.Add(client+" "+id);
   if(slot<0)
      return(-1);
   int place=ArraySize(m_sequence);
   if((slot>=ArraySize(entries) && ArrayResize(entries,slot+1,4096)!=slot+1) || ArrayResize(m_sequence,place+1,4096)!=place+1)
     {
      m_index.Remove(slot);
      return(-1);
     }
   m_sequence[place]=slot;
   ZeroMemory(entries[slot]);
   entries[slot].client=client;
   entries[slot].id=id;
   entries[slot].state=OUTCOME_PENDING;
   entries[slot].published_ms=-1000000;
   return(slot);
  }
//+------------------------------------------------------------------+
//| Takes in a command record                                      |
//+------------------------------------------------------------------+
void CJournal::ApplyCommand(const CJsonReader &reader)
  {
   int slot=AddEntry(Text(reader,0,"c"),Text(reader,0,"id"));
   if(slot<0 || entries[slot].durable)
      return;
   entries[slot].instance=Text(reader,0,"in");
   entries[slot].digest=Text(reader,0,"d");
   entries[slot].epoch=Whole(reader,0,"e");
   entries[slot].issued_at=Whole(reader,0,"i");
   entries[slot].received_ms=Whole(reader,0,"r");
   entries[slot].stored_ms=Whole(reader,0,"t");
   entries[slot].utc_ms=Whole(reader,0,"u");
   entries[slot].sent_ms=Whole(reader,0,"s");
   entries[slot].is_command=true;
   entries[slot].durable=true;
   int ev=reader.Find(0,"ev");
   double volume=0.0;
   bool   magic_tag=false;
   entries[slot].evidence.symbol=Text(reader,ev,"symbol");
   entries[slot].evidence.side=CNames::Find(g_sides,Text(reader,ev,"side"));
   if(reader.GetDouble(reader.Find(ev,"volume"),volume))
      entries[slot].evidence.volume=volume;
   entries[slot].evidence.magic=Ticket(reader,ev,"magic");
   entries[slot].evidence.position=Ticket(reader,ev,"position");
   entries[slot].evidence.comment_tag=Text(reader,ev,"commentTag");
   if(reader.GetBool(reader.Find(ev,"magicTag"),magic_tag))
      entries[slot].evidence.magic_tag=magic_tag;
   entries[slot].evidence.after_order=Ticket(reader,ev,"afterOrder");
   entries[slot].evidence.after_deal=Ticket(reader,ev,"afterDeal");
   entries[slot].evidence.broker_ms=Whole(reader,ev,"brokerMs");
   if(entries[slot].stored_ms>m_last_ms)
      m_last_ms=entries[slot].stored_ms;
  }
//+------------------------------------------------------------------+
//| Takes in an outcome or a tombstone                             |
//+------------------------------------------------------------------+
void CJournal::ApplyOutcome(const CJsonReader &reader,const bool tombstone)
  {
   string outcome="";
   bool   acknowledged=false;
   int    slot=m_index.Find(Text(reader,0,"c")+" "+Text(reader,0,"id"));
   if(slot<0 && tombstone)
      slot=AddEntry(Text(reader,0,"c"),Text(reader,0,"id"));
   if(slot<0 || !reader.GetRaw(reader.Find(0,"o"),outcome))
      return;
   if(tombstone)
     {
      entries[slot].epoch=Whole(reader,0,"e");
      entries[slot].issued_at=Whole(reader,0,"i");
      entries[slot].stored_ms=Whole(reader,0,"t");
      entries[slot].utc_ms=Whole(reader,0,"u");
      entries[slot].durable=true;
      if(entries[slot].stored_ms>m_last_ms)
         m_last_ms=entries[slot].stored_ms;
     }
   entries[slot].sent_ms=Whole(reader,0,"s");
   entries[slot].state=(ENUM_OUTCOME_STATE)(int)Whole(reader,0,"st");
   entries[slot].retcode=Whole(reader,0,"rc");
   entries[slot].order=Ticket(reader,0,"or");
   entries[slot].outcome=outcome;
   if(entries[slot].settled_no==0)
     {
      m_settled++;
      entries[slot].settled_no=m_settled;
     }
   if(reader.GetBool(reader.Find(0,"a"),acknowledged) && acknowledged)
      entries[slot].acknowledged=true;
  }
//+------------------------------------------------------------------+
//| Takes in one record                                            |
//+------------------------------------------------------------------+
bool CJournal::Apply(const string record)
  {
   CJsonReader reader;
   uchar       bytes[];
   if(CUtf8::Encode(record,bytes)<1 || !reader.Parse(bytes) || reader.Kind(0)!=JSON_OBJECT)
      return(false);
   string kind=Text(reader,0,"k");
   if(kind=="journal")
     {
      m_login=Whole(reader,0,"login");
      m_server=Text(reader,0,"server");
      return(Whole(reader,0,"v")==1);
     }
   if(kind=="epoch")
     {
      long epoch=Whole(reader,0,"epoch");
      long at=Whole(reader,0,"t");
      if(epoch>m_epoch)
         m_epoch=epoch;
      if(at>m_last_ms)
         m_last_ms=at;
      return(true);
     }
   if(kind=="floor")
     {
      long at=Whole(reader,0,"t");
      m_floor_epoch=Whole(reader,0,"e");
      m_floor_issued=Whole(reader,0,"i");
      m_floor_utc=Whole(reader,0,"u");
      if(at>m_last_ms)
         m_last_ms=at;
      return(true);
     }
   if(kind=="ack")
     {
      int slot=m_index.Find(Text(reader,0,"c")+" "+Text(reader,0,"id"));
      if(slot>=0)
         entries[slot].acknowledged=true;
      return(true);
     }
   if(kind=="command")
      ApplyCommand(reader);
   if(kind=="outcome" || kind=="tombstone")
      ApplyOutcome(reader,kind=="tombstone");
   return(kind=="command" || kind=="outcome" || kind=="tombstone");
  }
//+------------------------------------------------------------------+
//| The fewest records that say the same                           |
//+------------------------------------------------------------------+
bool CJournal::Image(string &records[]) const
  {
   int count=3;
   if(ArrayResize(records,3,4096)!=3)
      return(false);
   records[0]=AccountRecord();
   records[1]=EpochRecord();
   records[2]=FloorRecord();
   for(int i=0; i<ArraySize(m_sequence); i++)
     {
      int slot=m_sequence[i];
      if(slot<0 || (entries[slot].is_command && !entries[slot].durable))
         continue;
      if(ArrayResize(records,count+2,4096)!=count+2)
         return(false);
      if(entries[slot].is_command)
        {
         records[count]=CEntryWriter::CommandRecord(entries[slot]);
         count++;
        }
      if(entries[slot].state!=OUTCOME_PENDING)
        {
         records[count]=CEntryWriter::SettledRecord(entries[slot]);
         count++;
        }
     }
   return(ArrayResize(records,count)==count);
  }
//+------------------------------------------------------------------+
//| Takes the journal of an account, reads it and raises the epoch durably|
//+------------------------------------------------------------------+
bool CJournal::Open(const long login,const string server,const int entries_max,const long retention_ms)
  {
   string records[];
   string name="";
   m_retention_ms=retention_ms;
   m_entries_max=entries_max;
   for(int i=0; i<StringLen(server); i++)
     {
      int  unit=(int)StringGetCharacter(server,i);
      bool plain=(unit>='0' && unit<='9') || (unit>='A' && unit<='Z') || (unit>='a' && unit<='z') || unit=='-';
      if(plain)
         name+=StringSubstr(server,i,1);
      else
         name+="_";
     }
   if(!m_file.Open("MT5Connector\\journal-"+(string)login+"-"+name+".log",records))
     {
      m_fault=m_file.Fault();
      m_file.Close();
      return(false);
     }
   for(int k=0; k<ArraySize(records); k++)
      if(!Apply(records[k]))
        {
         m_fault="record "+(string)k+" of the journal is not understood; it was written by another version";
         m_file.Close();
         return(false);
        }
   bool fresh=ArraySize(records)==0;
   if(!fresh && (m_login!=login || m_server!=server))
     {
      m_fault="the journal belongs to account "+(string)m_login+" on "+m_server+"; log the terminal in there, or move the journal away";
      m_file.Close();
      return(false);
     }
   long utc=(long)TimeGMT();
   //--- UTC keeps epochs apart even when what was stored is lost
   m_epoch++;
   if(utc>m_epoch)
      m_epoch=utc;
   m_base_ms=m_last_ms;
   m_login=login;
   m_server=server;
   if(fresh)
     {
      m_floor_epoch=m_epoch;
      m_floor_issued=0;
      m_floor_utc=CTerminalReader::UtcMs();
      if(Image(records) && m_file.Replace(records))
         return(true);
     }
   else
     {
      Queue(EpochRecord());
      if(Commit())
         return(true);
     }
   m_fault="the journal cannot be written; see that the disk has room and MQL5\\Files may be written to";
   m_file.Close();
   return(false);
  }
//+------------------------------------------------------------------+
//| Lets go                                                        |
//+------------------------------------------------------------------+
void CJournal::Close(void)
  {
   if(ArraySize(m_pending)>0 && !Commit())
      Print("MT5Connector: the journal could not be written at the end");
   m_file.Close();
  }
//+------------------------------------------------------------------+
//| Whether there is room for one entry more; closes have some in reserve|
//+------------------------------------------------------------------+
bool CJournal::HasRoom(const bool closes) const
  {
   int room=m_entries_max;
   if(closes)
      room+=AGENT_CLOSE_RESERVE;
   return(m_index.Count()<room);
  }
//+------------------------------------------------------------------+
//| Puts a record in the queue of the next write                   |
//+------------------------------------------------------------------+
void CJournal::Queue(const string record)
  {
   int count=ArraySize(m_pending);
   if(ArrayResize(m_pending,count+1,256)!=count+1)
      return;
   m_pending[count]=record;
  }
//+------------------------------------------------------------------+
//| Enters a command, which is known from now on; what it is made of is filled in before its record is queued by Settle or Commit|
//+------------------------------------------------------------------+
int CJournal::Stage(const string client,const string id,const long now)
  {
   int slot=AddEntry(client,id);
   if(slot<0)
      return(-1);
   entries[slot].epoch=m_epoch;
   entries[slot].is_command=true;
   entries[slot].stored_ms=m_base_ms+now;
   entries[slot].utc_ms=CTerminalReader::UtcMs();
   m_last_ms=entries[slot].stored_ms;
   return(slot);
  }
//+------------------------------------------------------------------+
//| Forgets a command that could not be made durable               |
//+------------------------------------------------------------------+
void CJournal::Unstage(const int slot)
  {
   for(int i=ArraySize(m_sequence)-1; i>=0; i--)
      if(m_sequence[i]==slot)
        {
         m_sequence[i]=-1;
         break;
        }
   m_index.Remove(slot);
  }
//+------------------------------------------------------------------+
//| Enters a tombstone for an unknown id, or makes sure that one is durable|
//+------------------------------------------------------------------+
int CJournal::AddTombstone(const string client,const string id,const long now)
  {
   int slot=Find(client,id);
   if(slot<0)
     {
      slot=AddEntry(client,id);
      if(slot<0)
         return(-1);
      entries[slot].epoch=m_epoch;
      entries[slot].issued_at=now;
      entries[slot].stored_ms=m_base_ms+now;
      entries[slot].utc_ms=CTerminalReader::UtcMs();
      entries[slot].state=OUTCOME_VOID;
      entries[slot].outcome=CEntryWriter::Tombstone(id,"",m_floor_utc);
      m_last_ms=entries[slot].stored_ms;
     }
   Queue(CEntryWriter::SettledRecord(entries[slot]));
   if(Commit())
      entries[slot].durable=true;
   return(slot);
  }
//+------------------------------------------------------------------+
//| Gives an entry its outcome and queues that; certain ones are never replaced, but deals may be added to an executed one|
//+------------------------------------------------------------------+
void CJournal::Settle(const int slot,const ENUM_OUTCOME_STATE state,const long retcode,const ulong ticket,const string outcome)
  {
   ENUM_OUTCOME_STATE before=entries[slot].state;
   bool completes=before==OUTCOME_EXECUTED && state==OUTCOME_EXECUTED;
   if((before==OUTCOME_EXECUTED || before==OUTCOME_REJECTED || before==OUTCOME_VOID) && !completes)
      return;
   entries[slot].state=state;
   entries[slot].retcode=retcode;
   entries[slot].order=ticket;
   entries[slot].outcome=outcome;
   if(!completes)
     {
      m_settled++;
      entries[slot].settled_no=m_settled;
     }
   Queue(CEntryWriter::SettledRecord(entries[slot]));
  }
//+------------------------------------------------------------------+
//| Notes that a client has an outcome                             |
//+------------------------------------------------------------------+
bool CJournal::Acknowledge(const string client,const string id)
  {
   int slot=Find(client,id);
   if(slot<0 || entries[slot].acknowledged || (entries[slot].state!=OUTCOME_EXECUTED && entries[slot].state!=OUTCOME_REJECTED))
      return(false);
   entries[slot].acknowledged=true;
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"k","ack");
   CRecordWriter::Word(json,"c",client);
   CRecordWriter::Word(json,"id",id);
   json.EndObject();
   Queue(json.Whole());
   return(true);
  }
//+------------------------------------------------------------------+
//| Makes everything durable. False: what was staged is not, and cannot come back unless the journal is broken (IsBroken)|
//+------------------------------------------------------------------+
bool CJournal::Commit(void)
  {
   string records[];
   int    first=-1;
   int    count=ArraySize(m_pending);
   for(int i=0; i<ArraySize(m_sequence); i++)
     {
      int place=ArraySize(m_sequence)-1-i;
      int slot=m_sequence[place];
      //--- what is staged stands behind the last durable command, perhaps with tombstones between
      if(slot>=0 && entries[slot].is_command && entries[slot].durable)
         break;
      if(slot>=0 && entries[slot].is_command)
         first=place;
     }
   if(ArrayResize(records,0,256)!=0)
      return(false);
   int size=0;
   if(first>=0)
      for(int k=first; k<ArraySize(m_sequence); k++)
        {
         if(m_sequence[k]<0 || !entries[m_sequence[k]].is_command)
            continue;
         if(ArrayResize(records,size+1,256)!=size+1)
            return(false);
         records[size]=CEntryWriter::CommandRecord(entries[m_sequence[k]]);
         size++;
        }
   int staged=size;
   if(ArrayResize(records,size+count,256)!=size+count)
      return(false);
   for(int p=0; p<count; p++)
      records[size+p]=m_pending[p];
   if(staged+count==0 && !m_file.IsRagged())
      return(true);
   if(!m_file.IsRagged() && m_file.Append(records))
     {
      if(first>=0)
         for(int d=first; d<ArraySize(m_sequence); d++)
            if(m_sequence[d]>=0 && entries[m_sequence[d]].is_command)
               entries[m_sequence[d]].durable=true;
      if(ArrayResize(m_pending,0,256)!=0)
         return(false);
      if(m_file.Bytes()>4194304 && m_file.Bytes()>2*m_image_bytes && Image(records))
        {
         if(!m_file.Replace(records))
            Print("MT5Connector: the journal could not be compacted");
         m_image_bytes=m_file.Bytes();
        }
      return(true);
     }
   //--- the image leaves out what is not durable, so that it cannot come back; outcomes are in it
   if(Image(records) && m_file.Replace(records) && ArrayResize(m_pending,0,256)==0)
      return(staged==0);
   return(false);
  }
//+------------------------------------------------------------------+
//| Drops entries older than the retention and raises the floor; gives their slots|
//+------------------------------------------------------------------+
int CJournal::DropOld(const long now,int &dropped[])
  {
   int  count=0;
   int  kept=0;
   bool young=false;
   long before=m_base_ms+now-m_retention_ms;
   if(m_base_ms+now>m_last_ms)
      m_last_ms=m_base_ms+now;
   if(ArrayResize(dropped,0)!=0)
      return(0);
   for(int i=0; i<ArraySize(m_sequence); i++)
     {
      int slot=m_sequence[i];
      if(slot<0)
         continue;
      young=young || entries[slot].stored_ms>before;
      //--- what is on its way to the trade server must be known until its answer is
      if(young || entries[slot].state==OUTCOME_PENDING || ArrayResize(dropped,count+1,64)!=count+1)
        {
         m_sequence[kept]=slot;
         kept++;
         continue;
        }
      if(CNames::Before(m_floor_epoch,m_floor_issued,entries[slot].epoch,entries[slot].issued_at+1))
        {
         m_floor_epoch=entries[slot].epoch;
         m_floor_issued=entries[slot].issued_at+1;
        }
      if(entries[slot].utc_ms>m_floor_utc)
         m_floor_utc=entries[slot].utc_ms;
      dropped[count]=slot;
      count++;
      m_index.Remove(slot);
     }
   if(ArrayResize(m_sequence,kept,4096)!=kept)
      return(count);
   if(count>0)
      Queue(FloorRecord());
   return(count);
  }
//+------------------------------------------------------------------+
//| Outcomes of a client that it has not acknowledged, in the order of their settling|
//+------------------------------------------------------------------+
int CJournal::Unacknowledged(const string client,int &slots[]) const
  {
   int count=0;
   if(ArrayResize(slots,0)!=0)
      return(0);
   for(int i=0; i<ArraySize(m_sequence); i++)
     {
      int slot=m_sequence[i];
      if(slot<0 || entries[slot].acknowledged || entries[slot].client!=client)
         continue;
      if(entries[slot].state!=OUTCOME_EXECUTED && entries[slot].state!=OUTCOME_REJECTED)
         continue;
      if(ArrayResize(slots,count+1,256)!=count+1)
         return(count);
      int place=count;
      while(place>0 && entries[slots[place-1]].settled_no>entries[slot].settled_no)
        {
         slots[place]=slots[place-1];
         place--;
        }
      slots[place]=slot;
      count++;
     }
   return(count);
  }
//+------------------------------------------------------------------+
//| Whether an order accounts for the executed command of another entry|
//+------------------------------------------------------------------+
bool CJournal::IsClaimed(const ulong ticket,const int but) const
  {
   for(int i=0; i<ArraySize(m_sequence); i++)
     {
      int slot=m_sequence[i];
      if(slot>=0 && slot!=but && entries[slot].state==OUTCOME_EXECUTED && entries[slot].order==ticket)
         return(true);
     }
   return(false);
  }
#endif
//+------------------------------------------------------------------+
